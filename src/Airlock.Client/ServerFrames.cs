using Airlock.Core;

namespace Airlock.Client;

/// <summary>Checks the fields of a server's frames that <see cref="FrameReader"/> leaves open: ranges, and words from a fixed list.</summary>
internal static class ServerFrames
{
    /// <summary>The longest duration that makes sense: a timer has to hold it.</summary>
    private const long DurationMax = 24 * 60 * 60 * 1000;
    private const long InstantMax = 253_402_300_799_999;
    private const int TextMax = 1024;

    public static OpenFrame Checked(OpenFrame frame)
    {
        var good = frame.Version == Protocol.Version && IsName(frame.Connection) && IsInstant(frame.Now)
            && IsDuration(frame.Deadlines.Hello) && IsDuration(frame.Deadlines.Authentication) && IsDuration(frame.Deadlines.Gate) && IsDuration(frame.Deadlines.Attach)
            && IsCredit(frame.Hold)
            && frame.Limits.Message > 0 && frame.Limits.Frames > 0
            && frame.Carriers.Count <= WireLimits.CarriersMax && frame.Carriers.All(IsName);
        return good ? frame : throw new ServerViolation("open has a field out of its range.");
    }

    public static AuthedFrame Checked(AuthedFrame frame)
    {
        var good = (frame.User is null || frame.User.Length is > 0 and <= TextMax) && IsInstant(frame.Expires) && IsInstant(frame.RefreshBefore) && IsCredit(frame.Hold);
        return good ? frame : throw new ServerViolation("authed has a field out of its range.");
    }

    public static GateFrame Checked(GateFrame frame)
    {
        var good = IsName(frame.Name) && frame.State is "waiting" or "open" or "degraded" or "failed"
            && IsPosition(frame.Elapsed) && IsPosition(frame.Deadline) && IsPosition(frame.RetryAfter);
        return good ? frame : throw new ServerViolation("gate has a field out of its range.");
    }

    public static ReadyFrame Checked(ReadyFrame frame)
    {
        var good = IsName(frame.Session) && IsPosition(frame.Generation) && frame.Generation > 0 && IsPosition(frame.Attempt) && frame.Attempt > 0
            && frame.Resume is "new" or "resumed" && frame.Window > 0 && frame.Idle is > 0 and <= DurationMax
            && IsPosition(frame.Received) && IsPosition(frame.Done) && IsPosition(frame.ReplayTo) && frame.Done <= frame.Received
            && (frame.Lost is null || (frame.Lost.Count <= WireLimits.FramesMax && frame.Lost.All(IsRange)))
            && (frame.Previous is null || (IsName(frame.Previous.Connection) && IsName(frame.Previous.Cause)));
        return good ? frame : throw new ServerViolation("ready has a field out of its range.");
    }

    public static ClosingFrame Checked(ClosingFrame frame)
    {
        var good = frame.Code is >= 1000 and <= 4999 && IsName(frame.Cause) && frame.Retry is "never" or "new" or "resume" or "resume_later"
            && (frame.RetryAfter is null || IsDuration(frame.RetryAfter.Value));
        return good ? frame : throw new ServerViolation("closing has a field out of its range.");
    }

    public static void Check(DrainFrame frame)
    {
        if (!IsDuration(frame.Delay) || !IsInstant(frame.By))
        {
            throw new ServerViolation("drain has a field out of its range.");
        }
    }

    public static void Check(RefreshFrame frame)
    {
        if (!IsInstant(frame.By))
        {
            throw new ServerViolation("refresh has a field out of its range.");
        }
    }

    private static bool IsName(string text) => text.Length is > 0 and <= WireLimits.NameLengthMax;

    private static bool IsDuration(long milliseconds) => milliseconds is >= 0 and <= DurationMax;

    private static bool IsInstant(long? milliseconds) => milliseconds is null or (>= 0 and <= InstantMax);

    private static bool IsPosition(long? number) => number is null or (>= 0 and <= WireLimits.SequenceMax);

    private static bool IsCredit(HoldCredit credit) => credit is { Messages: >= 0, Bytes: >= 0 };

    private static bool IsRange(LostFrame range) =>
        range.Direction is "up" or "down" && range.From is > 0 and <= WireLimits.SequenceMax && (range.To is null || (range.To >= range.From && range.To <= WireLimits.SequenceMax));
}
