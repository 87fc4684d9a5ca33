namespace Airlock.Lab.Subjects.Legacy;

/// <summary>The handshake coordinator (dossier §2.2): it has states and sleeps, and no reference to the socket or to the machine.</summary>
internal sealed class LegacyCoordinator(LegacySurroundings lab)
{
    /// <summary>INITIALIZING, HANDSHAKE_PENDING, CONNECTED, READY_FOR_MESSAGES.</summary>
    public string State { get; private set; } = "INITIALIZING";

    /// <summary>What it says if asked whether messages may be handled.</summary>
    public bool IsReady => State == "READY_FOR_MESSAGES";

    /// <summary>Coordinates, with the figures of staging and production.</summary>
    public async Task CoordinateAsync()
    {
        State = "HANDSHAKE_PENDING";
        await lab.SleepAsync(100);
        State = "CONNECTED";
        await lab.SleepAsync(25);
        State = "READY_FOR_MESSAGES";
    }
}
