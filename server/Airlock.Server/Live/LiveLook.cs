namespace Airlock.Server.Live;

/// <summary>What a page wants to see now: one message of the feed, which is answered once.</summary>
public sealed record LiveLook
{
    /// <summary>How many rows one answer has at most.</summary>
    public const int RowsMax = 200;

    private const int TextLengthMax = 128;

    /// <summary><c>connections</c> or <c>sessions</c>.</summary>
    public string List { get; init; } = "connections";

    /// <summary>A state's name, <c>ENDED</c> for the recent closes, or null for all that live.</summary>
    public string? State { get; init; }

    /// <summary>A part of the user's name or subject, or of the connection's id or the session's tag; null for all.</summary>
    public string? User { get; init; }

    /// <summary>A cause of the catalogue: connections that end, or have ended, for it. Null for all.</summary>
    public string? Cause { get; init; }

    /// <summary>The least age, in seconds.</summary>
    public double MinimumAge { get; init; }

    /// <summary>Whether the oldest come first.</summary>
    public bool OldestFirst { get; init; }

    /// <summary>How many rows lie before the first one that is visible.</summary>
    public int From { get; init; }

    /// <summary>How many rows are visible. From 0 to <see cref="RowsMax"/>.</summary>
    public int Count { get; init; }

    /// <summary>The id of the connection whose timeline is shown, or null.</summary>
    public string? Selected { get; init; }

    /// <summary>Whether it can be answered.</summary>
    public bool IsValid =>
        List is "connections" or "sessions" && From >= 0 && Count is >= 0 and <= RowsMax && MinimumAge is >= 0 and < 1e9
        && new[] { State, User, Cause, Selected }.All(static text => text is null or { Length: <= TextLengthMax });
}
