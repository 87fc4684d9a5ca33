using Airlock.Lab.Checkers;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Whatever can happen to a connection on its way to ready.</summary>
public sealed class AnythingDuringSetup() : Anything(
    "anything-during-setup",
    "Whatever happens while a connection is set up is daily life to the server: it logs no error.",
    new NoErrors(),
    Red.Of("failed-accept-is-a-bug"),
    "connecting",
    "failing",
    "accepted",
    "authenticated",
    "services ready");
