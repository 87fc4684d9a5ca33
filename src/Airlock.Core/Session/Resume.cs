namespace Airlock.Core;

/// <summary>The arithmetic of resuming (<c>spec/session.md</c>, attach and resume).</summary>
public static class Resume
{
    /// <summary>What is lost when a new session takes the place of one whose counters are known.</summary>
    /// <param name="old">The counters of the session that is over.</param>
    /// <param name="received">The highest server number the client has handled.</param>
    public static IReadOnlyList<LostRange> Lost(SessionPositions old, long received)
    {
        var lost = new List<LostRange>(2);
        if (received < old.Appended)
        {
            lost.Add(new LostRange(Direction.Down, received + 1, old.Appended));
        }

        if (old.Done < old.Stored)
        {
            lost.Add(new LostRange(Direction.Up, old.Done + 1, old.Stored));
        }

        return lost;
    }

    /// <summary>What is lost when nothing is known of the session: everything after what the client has.</summary>
    /// <param name="received">The highest server number the client has handled.</param>
    public static IReadOnlyList<LostRange> LostUnknown(long received) => [new LostRange(Direction.Down, received + 1, null)];

    /// <summary>Whether a live session can go on from where the client is.</summary>
    /// <param name="at">The session's counters.</param>
    /// <param name="received">The highest server number the client has handled.</param>
    public static ResumeVerdict Judge(SessionPositions at, long received) =>
        received > at.Appended ? ResumeVerdict.Impossible
        : received < at.Acked ? ResumeVerdict.Trimmed
        : ResumeVerdict.Resumed;
}
