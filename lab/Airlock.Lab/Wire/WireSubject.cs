using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Wire;

/// <summary>What is on the other side of the wire.</summary>
/// <param name="Host">What the hosts call it: <c>legacy</c>, <c>airlock</c>, <c>plain</c>, <c>signalr</c>.</param>
/// <param name="Faults">The legacy model's faults.</param>
internal sealed record WireSubject(string Host, LegacyFault Faults = LegacyFault.None)
{
    /// <summary>The production driver.</summary>
    public static WireSubject Airlock { get; } = new("airlock");

    /// <summary>The legacy model without a fault.</summary>
    public static WireSubject Clean { get; } = new("legacy");

    /// <summary>An endpoint of bare ASP.NET Core: reported, not judged.</summary>
    public static WireSubject Plain { get; } = new("plain");

    /// <summary>A SignalR hub: reported, not judged.</summary>
    public static WireSubject SignalR { get; } = new("signalr");

    /// <summary>Its name, as the simulation names subjects.</summary>
    public string Name => Host == "legacy" ? $"legacy:{Faults}" : Host;

    /// <summary>Whether its server's own log is in the history.</summary>
    public bool HasLog => Host == "airlock";
}
