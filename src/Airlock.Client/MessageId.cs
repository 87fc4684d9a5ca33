using Airlock.Core;

namespace Airlock.Client;

/// <summary>What an application may call a message (<c>spec/wire.md</c> §5).</summary>
internal static class MessageId
{
    internal static bool IsValid(string id) => id.Length is > 0 and <= WireLimits.IdLengthMax && id.All(static c => c is >= '!' and <= '~');
}
