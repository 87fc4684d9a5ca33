namespace Airlock.Core;

/// <summary>One numbered entry of an <see cref="Outbox"/>. Immutable.</summary>
public sealed record OutboxEntry
{
    private long _sequence;

    /// <summary>What it is.</summary>
    public required EntryKind Kind { get; init; }

    /// <summary>Its number, given by the outbox: 1, 2, 3, …</summary>
    public long Sequence
    {
        get => _sequence;
        init => _sequence = value;
    }

    /// <summary>The client's number it answers, or 0 if nobody asked.</summary>
    public long Re { get; init; }

    /// <summary>Which try of the turn wrote it, from 1; 0 if no turn did.</summary>
    public int Try { get; init; }

    /// <summary>Whether it is provisional: final only by the <see cref="EntryKind.End"/> of its try.</summary>
    public bool Provisional { get; init; }

    /// <summary>For <see cref="EntryKind.End"/>: whether the client's stop ended the turn.</summary>
    public bool Stopped { get; init; }

    /// <summary>For <see cref="EntryKind.Nack"/>: why.</summary>
    public string? Cause { get; init; }

    /// <summary>For a <c>duplicate</c> nack: <c>done</c> or <c>pending</c>.</summary>
    public string? Status { get; init; }

    /// <summary>For <see cref="EntryKind.Gap"/>: how many pushes did not fit.</summary>
    public long Missed { get; init; }

    /// <summary>For <see cref="EntryKind.Data"/>: the payload, one JSON value as UTF-8 (raw text in plain mode).</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Called once, by the outbox that takes it, before anybody else sees it.</summary>
    internal void Take(long sequence) => _sequence = sequence;
}
