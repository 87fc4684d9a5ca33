using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Airlock.Server.Live;

/// <summary>The one-time key of the administrator link. Only its digest is kept, and not for longer than it is of use. Safe for concurrent use.</summary>
public sealed class LiveKey(IOptions<LiveOptions> options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private byte[]? _digest;
    private long _madeAt;

    /// <summary>Makes a key. An earlier one is of no use any more.</summary>
    public string Make()
    {
        var key = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        lock (_lock)
        {
            _digest = DigestOf(key);
            _madeAt = time.GetTimestamp();
        }

        return key;
    }

    /// <summary>Uses the key up.</summary>
    /// <returns>Whether it is the key, was not used before and has not expired.</returns>
    public bool TryUse(string? key)
    {
        lock (_lock)
        {
            if (_digest is null || key is null || !CryptographicOperations.FixedTimeEquals(DigestOf(key), _digest))
            {
                return false;
            }

            _digest = null;
            return time.GetElapsedTime(_madeAt) < options.Value.LinkLifetime;
        }
    }

    private static byte[] DigestOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
