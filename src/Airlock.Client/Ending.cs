using System.Net.WebSockets;
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

    /// <summary>Whether the platform's WebSocket refused what it read.</summary>
    public bool IsFault { get; init; }

    public Exception? Origin { get; init; }

    /// <summary>The catalogue's entry, or null if this version does not know the cause.</summary>
    public CloseReason? Reason => CloseReason.All.FirstOrDefault(reason => reason.Cause == Cause);

    /// <summary>Whether credentials were given and have expired; what is in front of a server says so with HTTP.</summary>
    public bool IsExpiry => Cause == CloseReason.TokenExpired.Cause || Cause == CloseReason.TicketInvalid.Cause || Cause == "http_401";

    public static Ending Closed { get; } = Local(4900, "client_closed", "The application closed the client; the session may be resumed.", RetryAdvice.Never);

    public static Ending Replaced { get; } = Local(4901, "client_replaced", "The next connection has taken over.", RetryAdvice.Never);

    public static Ending Shared { get; } = Local(4900, "session_shared", "Another client goes on with the session too; this one begins a new one.", RetryAdvice.New);

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

    /// <summary>The WebSocket could not be opened, and no server told why.</summary>
    public static Ending Unreached(Exception origin) => Lost(origin) with { Text = WhyUnreached(origin) };

    /// <summary>
    /// The platform's WebSocket refused what it read, and does not tell what: a frame or a text that RFC 6455 forbids, or a close code that the platform does not know. What stands
    /// in front of a server and restarts says such things too.
    /// </summary>
    public static Ending Refused(WebSocketException origin) => Lost(origin) with { Text = "The platform's WebSocket refused what it read: " + origin.Message, Advice = RetryAdvice.ResumeLater, IsFault = true };

    public static Ending NoCredentials(Exception? origin) => new()
    {
        Code = 1006,
        Cause = "credentials_unavailable",
        Text = origin is null ? "The application gave no credentials in time." : "The application could not give credentials.",
        Advice = RetryAdvice.ResumeLater,
        Origin = origin,
    };

    /// <param name="origin">What the platform or the application's code said.</param>
    /// <param name="secret">A token or ticket that may stand in its text: then nobody is shown the text.</param>
    public static Ending Misconfigured(Exception origin, string secret)
    {
        var telling = secret.Length == 0 || !origin.ToString().Contains(secret, StringComparison.Ordinal);
        return new()
        {
            Code = 1006,
            Cause = "configuration_invalid",
            Text = "A WebSocket could not be made as configured" + (telling ? $": {origin.Message}" : $" ({origin.GetType().Name})."),
            Advice = RetryAdvice.Never,
            Origin = telling ? origin : null,
        };
    }

    /// <summary>The last resort: an exception that nobody expected.</summary>
    public static Ending Failed(Exception bug) => Local(4904, "client_failed", $"A bug in the client: {bug.GetType().Name}.", RetryAdvice.Never) with { Origin = bug };

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

    /// <summary>Only a close frame came. Its reason is any text: it names the cause where the catalogue has it, or where it looks like a cause of this protocol's codes.</summary>
    public static Ending Of(int code, string? reason)
    {
        var known = CloseReason.All.Where(entry => entry.Code == code || entry.ResumeCode == code).ToList();
        var named = known.Find(entry => entry.Cause == reason) ?? (code >= 4000 && !IsCause(reason) ? known.FirstOrDefault() : null);
        return new Ending
        {
            Code = code,
            Cause = named?.Cause ?? (code >= 4000 && IsCause(reason) ? reason! : code switch
            {
                1000 => "closed",
                1001 => "going_away",
                1002 => "protocol_error",
                1005 or 1006 => CloseReason.TransportLost.Cause,
                1007 => CloseReason.InvalidUtf8.Cause,
                1011 => CloseReason.InternalError.Cause,
                _ => $"close_{code}",
            }),
            Text = named?.Summary ?? $"The WebSocket was closed with code {code}.",
            Advice = CloseReason.AdviceFor(code),
            Clean = true,
        };
    }

    /// <summary>What a later <c>hello</c> tells of this end.</summary>
    /// <param name="connection">Which connection's.</param>
    /// <param name="silence">How long nothing had been heard.</param>
    public SeenClose Seen(string connection, TimeSpan silence) => new()
    {
        Connection = connection,
        Code = Code is >= 1000 and <= 4999 ? Code : CloseReason.TransportLost.Code,
        Cause = IsCause(Cause) ? Cause : null,
        Silence = (long)silence.TotalMilliseconds,
    };

    /// <summary>Whether a peer's text has the form of a cause, and may be shown as one.</summary>
    internal static bool IsCause(string? text) =>
        text is { Length: > 0 and <= WireLimits.CauseLengthMax } && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    /// <summary>Told by what the platform says failed, never by an exception's text.</summary>
    private static string WhyUnreached(Exception origin)
    {
        HttpRequestError? error = null;
        for (var inner = origin; inner is not null && error is null; inner = inner.InnerException)
        {
            error = (inner as HttpRequestException)?.HttpRequestError;
        }

        return error switch
        {
            HttpRequestError.NameResolutionError => "The server's name could not be resolved.",
            HttpRequestError.ConnectionError => "No connection to the server could be made.",
            HttpRequestError.SecureConnectionError => "TLS with the server failed: its certificate or its protocol version is not accepted.",
            HttpRequestError.ProxyTunnelError => "The proxy made no way to the server.",
            HttpRequestError.ExtendedConnectNotSupported or HttpRequestError.VersionNegotiationError => "The server does not take a WebSocket over the HTTP version that is configured.",
            _ => $"The WebSocket could not be opened ({origin.GetType().Name}).",
        };
    }

    private static Ending Local(int code, string cause, string text, RetryAdvice advice) => new() { Code = code, Cause = cause, Text = text, Advice = advice };
}
