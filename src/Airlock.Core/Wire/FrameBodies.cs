namespace Airlock.Core;

/// <summary>What the types of a body's fields do not say: ranges, lengths and choices.</summary>
internal static class FrameBodies
{
    internal static bool IsGood(object body, bool fromServer) => body switch
    {
        HelloFrame hello => IsGood(hello),
        RefreshFrame refresh => fromServer ? refresh.By is { } by && IsCount(by) : Fits(refresh.Token, WireLimits.TokenLengthMax),
        OpenFrame open => IsGood(open),
        AuthedFrame authed => IsGood(authed.Hold) && IsCountOrNull(authed.Expires) && IsCountOrNull(authed.RefreshBefore),
        GateFrame gate => gate.Name.Length > 0 && gate.State is "waiting" or "open" or "degraded" or "failed"
            && IsCount(gate.Elapsed) && IsCountOrNull(gate.Deadline) && IsCountOrNull(gate.RetryAfter),
        ReadyFrame ready => IsGood(ready),
        DrainFrame drain => IsCount(drain.Delay) && IsCount(drain.By),
        ClosingFrame closing => closing.Code is >= 1000 and <= 4999 && closing.Cause.Length > 0
            && closing.Retry is "never" or "new" or "resume" or "resume_later" && IsCountOrNull(closing.RetryAfter),
        _ => throw new System.Diagnostics.UnreachableException($"No rule says what a good {body.GetType().Name} is."),
    };

    private static bool IsGood(HelloFrame hello) =>
        hello.Version == Protocol.Version
        && Fits(hello.Client, WireLimits.NameLengthMax)
        && Fits(hello.Instance, WireLimits.NameLengthMax)
        && (hello.Sent is null || (hello.Sent.Count <= WireLimits.CarriersMax && hello.Sent.All(static name => Fits(name, WireLimits.NameLengthMax))))
        && (hello.Auth is null || ((hello.Auth.Token is null) != (hello.Auth.Ticket is null) && Fits(hello.Auth.Token ?? hello.Auth.Ticket, WireLimits.TokenLengthMax)))
        && (hello.Resume is null
            || ((hello.Resume.Session is null ? hello.Resume.Attempt > 1 : Fits(hello.Resume.Session, WireLimits.NameLengthMax))
                && IsNumber(hello.Resume.Attempt)
                && IsCount(hello.Resume.Received)))
        && IsGoodCan(hello.Can)
        && (hello.Saw is null || (hello.Saw.Count <= WireLimits.SeenClosesMax && hello.Saw.All(IsGood)));

    // It is logged and counted beside what the server knows itself.
    private static bool IsGood(SeenClose? seen) =>
        seen is { Code: >= 1000 and <= 4999 }
        && Fits(seen.Connection, WireLimits.NameLengthMax)
        && (seen.Cause is null || IsSnakeCase(seen.Cause, WireLimits.CauseLengthMax))
        && IsCountOrNull(seen.Silence);

    private static bool IsGood(OpenFrame open) =>
        open.Version == Protocol.Version
        && open.Connection.Length > 0
        && IsCount(open.Now)
        && IsCount(open.Deadlines.Hello) && IsCount(open.Deadlines.Authentication) && IsCount(open.Deadlines.Gate) && IsCount(open.Deadlines.Attach)
        && IsGood(open.Hold)
        && open.Limits is { Message: > 0, Frames: > 0 }
        && open.Carriers.All(static name => name is not null)
        && IsGoodCan(open.Can);

    private static bool IsGood(ReadyFrame ready) =>
        ready.Session.Length > 0
        && IsNumber(ready.Generation)
        && IsNumber(ready.Attempt)
        && ready.Resume is "new" or "resumed"
        && ready.Window > 0
        && IsNumber(ready.Idle)
        && IsCount(ready.Received)
        && (ready.Resume == "resumed" || ready.Received == 0)
        && ready.Done >= 0 && ready.Done <= ready.Received
        && IsCount(ready.ReplayTo)
        && (ready.Proof is null || Proof.IsGood(ready.Proof))
        && ready.Previous is null or { Code: >= 1000 and <= 4999, Connection.Length: > 0, Cause.Length: > 0, Explanation: null or { Length: > 0 } }
        && (ready.Lost is null || ready.Lost.All(static range => range is { Direction: "up" or "down" } && IsNumber(range.From) && (range.To is not { } to || (to >= range.From && IsCount(to)))));

    private static bool IsGoodCan(IReadOnlyList<string>? can) => can is null || (can.Count <= WireLimits.CanMax && can.All(static name => IsSnakeCase(name, WireLimits.CanLengthMax)));

    private static bool IsSnakeCase(string? text, int lengthMax) =>
        text is { Length: > 0 } && text.Length <= lengthMax && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    private static bool IsGood(HoldCredit hold) => hold is { Messages: >= 0, Bytes: >= 0 };

    // What ends up in a log must not break its lines.
    private static bool Fits(string? text, int lengthMax) => text is { Length: > 0 } && text.Length <= lengthMax && !text.Any(char.IsControl);

    private static bool IsNumber(long value) => value is >= 1 and <= WireLimits.SequenceMax;

    private static bool IsCount(long value) => value is >= 0 and <= WireLimits.SequenceMax;

    private static bool IsCountOrNull(long? value) => value is null || IsCount(value.Value);
}
