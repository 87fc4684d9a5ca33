using Airlock.Core;

namespace Airlock.Client;

/// <summary>Why a connection ended, and what follows from it.</summary>
internal sealed record Ending
{
    public required int Code { get; init; }

    public required string Cause { get; init; }

    public required RetryAdvice Advice { get; init; }

    public string Text { get; init; } = "";

    /// <summary>Whether a close frame came, or the server refused before the upgrade.</summary>
    public bool Clean { get; init; }

    /// <summary>When the server wants the client back, or null.</summary>
    public TimeSpan? Hint { get; init; }

    public int? HttpStatus { get; init; }

    public Exception? Origin { get; init; }

    /// <summary>The catalogue's entry, or null if this version does not know the cause.</summary>
    public CloseReason? Reason => CloseReason.All.FirstOrDefault(reason => reason.Cause == Cause);

    public static Ending Closed { get; } = Local(4900, "client_closed", "The application closed the client; the session may be resumed.", RetryAdvice.Never);

    public static Ending Replaced { get; } = Local(4901, "client_replaced", "The next connection has taken over.", RetryAdvice.Never);

    public static Ending Silent { get; } = Local(4903, "server_silent", "Nothing was heard from the server.", RetryAdvice.Resume);

    public static Ending Violated(string text) => Local(4902, "server_violation", text, RetryAdvice.Never);

    public static Ending Lost(Exception? origin) => new()
    {
        Code = CloseReason.TransportLost.Code,
        Cause = CloseReason.TransportLost.Cause,
        Text = CloseReason.TransportLost.Summary,
        Advice = RetryAdvice.Resume,
        Origin = origin,
    };

    public static Ending NoCredentials(Exception origin) => new()
    {
        Code = 1006,
        Cause = "credentials_unavailable",
        Text = "The application could not give credentials.",
        Advice = RetryAdvice.ResumeLater,
        Origin = origin,
    };

    public static Ending Misconfigured(Exception origin) => new()
    {
        Code = 1006,
        Cause = "configuration_invalid",
        Text = "A WebSocket could not be made as configured.",
        Advice = RetryAdvice.Never,
        Origin = origin,
    };

    /// <summary>The server told why.</summary>
    public static Ending Of(ClosingFrame frame) => new()
    {
        Code = frame.Code,
        Cause = frame.Cause,
        Text = frame.Message ?? "",
        Advice = CloseReason.AdviceFor(frame.Code),
        Clean = true,
        Hint = frame.RetryAfter is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
    };

    /// <summary>Only a close frame came.</summary>
    public static Ending Of(int code, string? cause)
    {
        var known = CloseReason.All.FirstOrDefault(reason => reason.Code == code || reason.ResumeCode == code);
        return new Ending
        {
            Code = code,
            Cause = string.IsNullOrEmpty(cause) ? known?.Cause ?? $"close_{code}" : cause,
            Text = known?.Summary ?? "",
            Advice = CloseReason.AdviceFor(code),
            Clean = true,
        };
    }

    /// <summary>An HTTP answer instead of the upgrade (<c>spec/wire.md</c> §1).</summary>
    public static Ending Refused(int status, bool resumeAsked, bool credentialsSent, TimeSpan? retryAfter, Exception origin)
    {
        var reason = status switch
        {
            400 => CloseReason.ProtocolUnsupported,
            401 when !credentialsSent => CloseReason.CredentialsMissing,
            403 => CloseReason.OriginRefused,
            429 => CloseReason.AddressLimit,
            503 => CloseReason.Draining,
            _ => null,
        };
        return new Ending
        {
            Code = reason?.CodeFor(resumeAsked) ?? 1006,
            Cause = reason?.Cause ?? (status == 426 ? "upgrade_required" : $"http_{status}"),
            Text = $"The server answered with HTTP {status} instead of the upgrade.",
            Advice = reason is not null ? CloseReason.AdviceFor(reason.CodeFor(resumeAsked)) : status is 408 or 425 or >= 500 ? RetryAdvice.ResumeLater : RetryAdvice.Never,
            Clean = true,
            Hint = retryAfter,
            HttpStatus = status,
            Origin = origin,
        };
    }

    /// <summary>What a later <c>hello</c> tells of this end.</summary>
    /// <param name="connection">Which connection's.</param>
    /// <param name="silence">How long nothing had been heard.</param>
    public SeenClose Seen(string connection, TimeSpan silence) => new()
    {
        Connection = connection,
        Code = Code is >= 1000 and <= 4999 ? Code : CloseReason.TransportLost.Code,
        // The reason of a close frame is any text.
        Cause = Cause.Length is > 0 and <= WireLimits.CauseLengthMax && Cause.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') ? Cause : null,
        Silence = (long)silence.TotalMilliseconds,
    };

    private static Ending Local(int code, string cause, string text, RetryAdvice advice) => new() { Code = code, Cause = cause, Text = text, Advice = advice };
}
