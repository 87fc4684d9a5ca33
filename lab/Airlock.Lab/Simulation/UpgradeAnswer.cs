using System.Net.WebSockets;

namespace Airlock.Lab.Simulation;

/// <summary>What a server answered to an upgrade.</summary>
/// <param name="Status">101, or the HTTP status of a refusal.</param>
/// <param name="Cause">The cause of a refusal, or null.</param>
/// <param name="Socket">The client's end, if it was accepted.</param>
public sealed record UpgradeAnswer(int Status, string? Cause, WebSocket? Socket);
