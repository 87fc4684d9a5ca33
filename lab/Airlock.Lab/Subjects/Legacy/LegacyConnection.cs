namespace Airlock.Lab.Subjects.Legacy;

/// <summary>What the endpoint's phases know of one connection.</summary>
internal sealed class LegacyConnection(LegacyUpgrade upgrade, LegacySurroundings lab)
{
    private readonly TaskCompletionSource _over = new();

    /// <summary>Its name in the trace.</summary>
    public string Name => upgrade.Connection;

    /// <summary>The request it came with.</summary>
    public LegacyUpgrade Upgrade => upgrade;

    /// <summary>The socket.</summary>
    public LegacySocket Socket { get; } = new(lab, upgrade.Connection);

    /// <summary>The machine that the phases ask. Without faults always the same.</summary>
    public required LegacyMachine Machine { get; set; }

    /// <summary>Machine B, if phase 4 made one.</summary>
    public LegacyMachine? Second { get; set; }

    /// <summary>What comes before ready.</summary>
    public required LegacyQueue Queue { get; init; }

    /// <summary>The coordinator, which knows nothing of the rest.</summary>
    public LegacyCoordinator Coordinator { get; } = new(lab);

    /// <summary>Its user, once known.</summary>
    public LegacyContext? Context { get; set; }

    /// <summary>The key of its manager, once made.</summary>
    public string? Manager { get; set; }

    /// <summary>Whether SERVICES_READY has been asked for and, as far as the endpoint knows, reached.</summary>
    public bool HasServices { get; set; }

    /// <summary>When something was last heard from the client.</summary>
    public DateTimeOffset HeardAt { get; set; } = lab.Time.GetUtcNow();

    /// <summary>How many messages were handed to the application.</summary>
    public int Handled { get; set; }

    /// <summary>Whether it has ended.</summary>
    public bool IsOver { get; set; }

    /// <summary>Completes when everybody may know that it has ended.</summary>
    public Task Over => _over.Task;

    /// <summary>Lets everybody know that it has ended.</summary>
    public void TellOver() => _over.SetResult();
}
