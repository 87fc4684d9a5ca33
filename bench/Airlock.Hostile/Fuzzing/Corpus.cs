using System.Security.Cryptography;

namespace Airlock.Hostile.Fuzzing;

/// <summary>Inputs for the reader and the driver, one a file: each line is one message. What shows something new is added.</summary>
internal sealed class Corpus
{
    private readonly string _folder;
    private readonly List<byte[][]> _inputs;
    private readonly HashSet<string> _shown = [];

    /// <summary>Reads a folder.</summary>
    public Corpus(string folder)
    {
        _folder = folder;
        _inputs = [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(static file => Split(File.ReadAllBytes(file)))];
    }

    public int Count => _inputs.Count;

    /// <summary>Whether a folder has any inputs.</summary>
    public static bool IsThere(string folder) => Directory.Exists(folder) && Directory.EnumerateFiles(folder).Any();

    /// <summary>What was found and is not in the folder.</summary>
    public List<byte[][]> Found { get; } = [];

    /// <summary>All lines of all inputs.</summary>
    public IEnumerable<byte[]> Lines => _inputs.Concat(Found).SelectMany(static input => input);

    public byte[] Line(Random random)
    {
        var at = random.Next(_inputs.Count + Found.Count);
        var input = at < _inputs.Count ? _inputs[at] : Found[at - _inputs.Count];
        return input[random.Next(input.Length)];
    }

    /// <summary>Notes what an input of the folder shows, so that it is not new.</summary>
    public void Know(params string[] shows) => _shown.UnionWith(shows);

    /// <summary>Keeps an input that shows something no other did.</summary>
    public void Offer(string[] shows, params byte[][] input)
    {
        var before = _shown.Count;
        _shown.UnionWith(shows);
        if (_shown.Count > before)
        {
            Found.Add(input);
        }
    }

    /// <summary>Writes what was found into the folder, each under a name made from its content.</summary>
    public void Keep()
    {
        foreach (var input in Found)
        {
            var bytes = input.SelectMany(static (line, i) => i == 0 ? line : [(byte)'\n', .. line]).ToArray();
            File.WriteAllBytes(Path.Combine(_folder, $"found-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]}.bin"), bytes);
        }
    }

    private static byte[][] Split(byte[] bytes)
    {
        var lines = new List<byte[]>();
        foreach (var range in MemoryExtensions.Split(bytes.AsSpan(), (byte)'\n'))
        {
            lines.Add(bytes[range]);
        }

        return [.. lines];
    }
}
