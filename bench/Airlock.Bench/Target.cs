namespace Airlock.Bench;

/// <summary>What can be measured, by the names that <c>EchoServer</c> knows.</summary>
internal static class Target
{
    /// <summary>What the others are compared with.</summary>
    public const string Reference = "kestrel";

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<string> All { get; } = [Reference, "kestrel-jwt", "signalr", "airlock"];

    /// <summary>Whether its connections have a beat; those of bare Kestrel are silent.</summary>
    public static bool HasBeat(string target) => target is "signalr" or "airlock";
}
