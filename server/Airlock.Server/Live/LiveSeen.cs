namespace Airlock.Server.Live;

/// <summary>What there was to see: the answer to a <see cref="LiveLook"/>. Durations are in milliseconds.</summary>
internal sealed record LiveSeen
{
    public string Type { get; } = "seen";

    public required bool IsDraining { get; init; }

    /// <summary>How many live connections there are in each state.</summary>
    public required IReadOnlyDictionary<string, int> States { get; init; }

    /// <summary>How many connections there ever were, and how many of them have ended.</summary>
    public required long Opened { get; init; }

    public required long Closed { get; init; }

    public required LiveDots Dots { get; init; }

    public required string List { get; init; }

    /// <summary>How many rows the filter lets through.</summary>
    public required int Matched { get; init; }

    public required int From { get; init; }

    public required IReadOnlyList<object> Rows { get; init; }

    /// <summary>The selected connection; null if there is none, or nothing is remembered of it.</summary>
    public required LiveDetail? Selected { get; init; }

    /// <summary>How many sessions have a connection, and how many wait for one; null if the store cannot tell.</summary>
    public required LiveSessionCounts? Sessions { get; init; }

    public required IReadOnlyList<LiveGate> Gates { get; init; }

    public required IReadOnlyList<LiveBreaker> Breakers { get; init; }

    /// <summary>Of the recent closes, the commonest first.</summary>
    public required IReadOnlyList<LiveCause> Causes { get; init; }

    /// <summary>A sample of the live connections: every n-th by number, and the place of its state among <c>ConnectionState</c>'s, one digit each.</summary>
    internal sealed record LiveDots(int Every, IReadOnlyList<long> Numbers, string States);

    internal sealed record LiveConnection(string Id, long Number, string? User, string State, long Age, long InState, string Endpoint, string? Address, string? Cause, int? Code);

    internal sealed record LiveSession(string Tag, long Number, string User, string Endpoint, string? Connection, long? Detached, bool IsBusy, long Stored, long Done, long Appended, long Acked);

    internal sealed record LiveSessionCounts(int Attached, int Detached);

    internal sealed record LiveGate(string Name, bool Required, string State, long? RetryAfter);

    internal sealed record LiveBreaker(string Name, string State);

    internal sealed record LiveCause(string Cause, int Code, string Fault, int Count, long Latest);

    internal sealed record LivePositions(long Stored, long Done, long Appended, long Acked);

    /// <summary>A line of the flight record. <c>At</c> counts from the connection's start.</summary>
    internal sealed record LiveEntry(double At, string Event, string From, string To, string? Refused, string? Cause, int Count);

    internal sealed record LiveDetail(
        LiveConnection Connection, string? Issuer, string? Subject, string? Client, string? Session, bool? IsResumed, long? Attempt,
        LivePositions? Positions, IReadOnlyList<string> GatesDown, string? Summary, IReadOnlyList<LiveEntry> Record);
}
