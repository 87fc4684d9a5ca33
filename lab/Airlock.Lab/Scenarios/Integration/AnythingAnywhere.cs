using Airlock.Lab.Checkers;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Whatever can happen to a connection that has become ready, and until it is over.</summary>
public sealed class AnythingAnywhere() : Anything(
    "anything-anywhere",
    "Whatever happens in whatever state, the connection ends with a cause and nothing of it is left over.",
    new EverythingEnds(),
    Red.Of("never-left"),
    "ready",
    "degraded",
    "draining",
    "closing");
