using Airlock.Core;

namespace Airlock.Client;

/// <summary>Bounds what <see cref="FrameReader"/> has found well formed, from above: names end in logs, durations in timers. A server reads its own frames without these bounds.</summary>
internal static class ServerFrames
{
    /// <summary>The longest duration that makes sense: a timer has to hold it.</summary>
    private const long DurationMax = 24 * 60 * 60 * 1000;
    private const long InstantMax = 253_402_300_799_999;
    private const int TextMax = 1024;

    public static OpenFrame Checked(OpenFrame frame)
    {
        var good = IsName(frame.Connection) && frame.Now <= InstantMax
            && IsDuration(frame.Deadlines.Hello) && IsDuration(frame.Deadlines.Authentication) && IsDuration(frame.Deadlines.Gate) && IsDuration(frame.Deadlines.Attach)
            && frame.Carriers.Count <= WireLimits.CarriersMax && frame.Carriers.All(IsName);
        return good ? frame : throw OutOfRange("open");
    }

    public static AuthedFrame Checked(AuthedFrame frame) =>
        frame.User is not { Length: > TextMax } && IsInstant(frame.Expires) && IsInstant(frame.RefreshBefore) ? frame : throw OutOfRange("authed");

    public static GateFrame Checked(GateFrame frame) => IsName(frame.Name) ? frame : throw OutOfRange("gate");

    public static ReadyFrame Checked(ReadyFrame frame) =>
        IsName(frame.Session) && IsDuration(frame.Idle) && frame.Lost is not { Count: > WireLimits.FramesMax } && IsGood(frame.Previous) ? frame : throw OutOfRange("ready");

    public static ClosingFrame Checked(ClosingFrame frame) => IsName(frame.Cause) && IsDuration(frame.RetryAfter ?? 0) ? frame : throw OutOfRange("closing");

    public static void Check(DrainFrame frame)
    {
        if (!IsDuration(frame.Delay) || frame.By > InstantMax)
        {
            throw OutOfRange("drain");
        }
    }

    private static ServerViolation OutOfRange(string frame) => new($"{frame} has a field out of its range.");

    private static bool IsGood(PreviousClose? previous) => previous is null || (IsName(previous.Connection) && IsName(previous.Cause) && IsName(previous.Explanation ?? ""));

    private static bool IsName(string text) => text.Length <= WireLimits.NameLengthMax && !text.Any(char.IsControl);

    private static bool IsDuration(long milliseconds) => milliseconds <= DurationMax;

    private static bool IsInstant(long? milliseconds) => milliseconds is null or <= InstantMax;
}
