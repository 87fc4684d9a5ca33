namespace Airlock.Core;

/// <summary>The names and the version of the wire protocol.</summary>
public static class Protocol
{
    /// <summary>The version in <c>open</c> and <c>hello</c>.</summary>
    public const int Version = 1;

    /// <summary>The sub-protocol a client offers and the server selects.</summary>
    public const string Name = "airlock.v1";

    /// <summary>Pushes that did not fit are told of by <c>gap</c> frames.</summary>
    public const string Gap = "gap";

    /// <summary>What this version can beyond the first: neither side sends the other what it does not name in <c>can</c>.</summary>
    public static IReadOnlyList<string> Can { get; } = [Gap];

    /// <summary>What a sub-protocol value that carries a token starts with. Such a value is never selected.</summary>
    public const string TokenPrefix = "airlock.token.";
}
