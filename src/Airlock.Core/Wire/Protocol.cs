namespace Airlock.Core;

/// <summary>The names and the version of the wire protocol.</summary>
public static class Protocol
{
    /// <summary>The version in <c>open</c> and <c>hello</c>.</summary>
    public const int Version = 1;

    /// <summary>The sub-protocol a client offers and the server selects.</summary>
    public const string Name = "airlock.v1";

    /// <summary>What a sub-protocol value that carries a token starts with. Such a value is never selected.</summary>
    public const string TokenPrefix = "airlock.token.";
}
