namespace Airlock.Core;

/// <summary>What one event did. Without running <see cref="Effects"/> the event has no consequence, so a result cannot be ignored unnoticed.</summary>
public readonly record struct Transition
{
    /// <summary>The state before.</summary>
    public required ConnectionState From { get; init; }

    /// <summary>The state after; equal to <see cref="From"/> if the event only changed data or was refused.</summary>
    public required ConnectionState To { get; init; }

    /// <summary>Why the event was refused, or null if it was applied.</summary>
    public Refusal? Refused { get; init; }

    /// <summary>Why the connection ends, from <see cref="ConnectionState.Closing"/> on; else null.</summary>
    public CloseReason? Reason { get; init; }

    /// <summary>The close code that goes with <see cref="Reason"/>: this side's, or the one that the peer ended the connection with.</summary>
    public int? Code { get; init; }

    /// <summary>Whether the client has a session to resume.</summary>
    public bool HasSession { get; init; }

    /// <summary>What to do now.</summary>
    public Effects Effects { get; init; }

    /// <summary>Whether the event was applied.</summary>
    public bool Applied => Refused is null;
}
