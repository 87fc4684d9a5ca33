using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock.Client.Tests;

public sealed class EndingTests
{
    private static readonly Exception _origin = new InvalidOperationException("said so");

    [Fact]
    public void Each_end_that_the_client_itself_gives_has_its_code_cause_and_advice_and_says_what_it_is()
    {
        Is(Ending.Closed, 4900, "client_closed", RetryAdvice.Never, "application closed the client");
        Is(Ending.Replaced, 4901, "client_replaced", RetryAdvice.Never, "next connection has taken over");
        Is(Ending.Shared, 4900, "session_shared", RetryAdvice.New, "Another client goes on");
        Is(Ending.Silent, 4903, "server_silent", RetryAdvice.Resume, "Nothing was heard");
        Is(Ending.Violated("what it did"), 4902, "server_violation", RetryAdvice.Never, "what it did");
        Is(Ending.Failed(_origin), 4904, "client_failed", RetryAdvice.Never, "InvalidOperationException", _origin);
        Is(Ending.Lost(_origin), 1006, "transport_lost", RetryAdvice.Resume, CloseReason.TransportLost.Summary, _origin);
        Is(Ending.NoCredentials(null), 1006, "credentials_unavailable", RetryAdvice.ResumeLater, "no credentials in time");
        Is(Ending.NoCredentials(_origin), 1006, "credentials_unavailable", RetryAdvice.ResumeLater, "could not give credentials", _origin);
        var refused = new WebSocketException("said so");
        Is(Ending.Refused(refused), 1006, "transport_lost", RetryAdvice.ResumeLater, "refused what it read: said so", refused);
        Assert.True(Ending.Refused(refused).IsFault);
        Assert.False(Ending.Lost(refused).IsFault);
    }

    [Theory]
    [InlineData("", ": said so", true)]
    [InlineData("secret", ": said so", true)]
    [InlineData("said so", " (InvalidOperationException).", false)]
    public void What_was_configured_wrong_is_quoted_unless_a_secret_stands_in_it(string secret, string end, bool isTold)
    {
        var ending = Ending.Misconfigured(_origin, secret);
        Is(ending, 1006, "configuration_invalid", RetryAdvice.Never, "could not be made as configured" + end, isTold ? _origin : null);
        Assert.EndsWith(end, ending.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, "name could not be resolved")]
    [InlineData(HttpRequestError.ConnectionError, "No connection to the server")]
    [InlineData(HttpRequestError.SecureConnectionError, "TLS with the server failed")]
    [InlineData(HttpRequestError.ProxyTunnelError, "proxy made no way")]
    [InlineData(HttpRequestError.ExtendedConnectNotSupported, "over the HTTP version that is configured")]
    [InlineData(HttpRequestError.VersionNegotiationError, "over the HTTP version that is configured")]
    [InlineData(HttpRequestError.ResponseEnded, "could not be opened (WebSocketException)")]
    public void Why_nobody_was_reached_is_told_by_what_the_platform_says_failed_first(HttpRequestError error, string words)
    {
        var origin = new WebSocketException("no", new InvalidOperationException("no", new HttpRequestException(error, "no", new HttpRequestException(HttpRequestError.InvalidResponse))));
        Is(Ending.Unreached(origin), 1006, "transport_lost", RetryAdvice.Resume, words, origin);
        Assert.Contains("(HttpRequestException)", Ending.Unreached(new HttpRequestException("no")).Text, StringComparison.Ordinal);
        Assert.Contains("(IOException)", Ending.Unreached(new IOException("no")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000, null, "closed", null)]
    [InlineData(1000, "bye", "bye", "client said bye")]
    [InlineData(1000, "ended", "closed", null)]
    [InlineData(1001, null, "going_away", null)]
    [InlineData(1002, null, "protocol_error", null)]
    [InlineData(1002, "close_invalid", "close_invalid", "close frame had a code")]
    [InlineData(1005, null, "transport_lost", null)]
    [InlineData(1006, null, "transport_lost", null)]
    [InlineData(1007, null, "invalid_utf8", null)]
    [InlineData(1011, "some words", "internal_error", null)]
    [InlineData(1012, null, "close_1012", null)]
    [InlineData(3999, "some_cause", "close_3999", null)]
    [InlineData(4000, null, "malformed_frame", "not a frame")]
    [InlineData(4000, "some_cause", "some_cause", null)]
    [InlineData(4022, "Some words.", "token_expired", "have expired")]
    [InlineData(4101, "gate_timeout", "gate_timeout", "was not ready in time")]
    [InlineData(4301, "gate_timeout", "gate_timeout", "was not ready in time")]
    [InlineData(4301, null, "gate_timeout", "was not ready in time")]
    [InlineData(4101, "store_unavailable", "store_unavailable", null)]
    [InlineData(4177, "not_known_yet", "not_known_yet", null)]
    [InlineData(4177, "Some words.", "close_4177", null)]
    public void Reason_of_a_close_frame_names_the_cause_only_where_it_can_be_one(int code, string? reason, string cause, string? words)
    {
        var ending = Ending.Of(code, reason);
        Assert.Equal((code, cause, CloseReason.AdviceFor(code), true), (ending.Code, ending.Cause, ending.Advice, ending.Clean));
        Assert.Contains(words ?? $"closed with code {code}.", ending.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Closing_frame_is_the_servers_word_but_its_code_alone_tells_what_follows()
    {
        var ending = Ending.Of(new ClosingFrame { Code = 4312, Cause = "draining", Retry = "never", RetryAfter = 1500, Resumable = true, Message = "why" });
        Assert.Equal((4312, "draining", RetryAdvice.ResumeLater, "why", true, TimeSpan.FromSeconds(1.5)), (ending.Code, ending.Cause, ending.Advice, ending.Text, ending.Clean, ending.Hint));
        var bare = Ending.Of(new ClosingFrame { Code = 4202, Cause = "moved", Retry = "resume", Resumable = true });
        Assert.Equal(("", null), (bare.Text, bare.Hint));
    }

    [Theory]
    [InlineData(999, 1006)]
    [InlineData(1000, 1000)]
    [InlineData(4999, 4999)]
    [InlineData(5000, 1006)]
    public void What_a_later_hello_tells_of_an_end_keeps_to_what_a_hello_may_say(int code, int told)
    {
        var seen = Ending.Of(code, "moved").Seen("c-1", TimeSpan.FromMilliseconds(1234.5));
        Assert.Equal(("c-1", told, 1234), (seen.Connection, seen.Code, seen.Silence));
        Assert.Equal("moved", Ending.Of(4202, "moved").Seen("c-1", TimeSpan.Zero).Cause);
        Assert.Null(Ending.Of(new ClosingFrame { Code = 4202, Cause = "Some words.", Retry = "resume", Resumable = true }).Seen("c-1", TimeSpan.Zero).Cause);
    }

    [Fact]
    public void Form_of_a_cause_is_1_to_64_lower_case_letters_digits_and_underscores()
    {
        Assert.All(Enumerable.Range(0, 256).Select(static c => (char)c), static c => Assert.Equal(c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_', Ending.IsCause($"a{c}")));
        Assert.Equal([false, true, true, false], new[] { 0, 1, 64, 65 }.Select(static length => Ending.IsCause(new string('a', length))));
        Assert.False(Ending.IsCause(null));
    }

    [Fact]
    public void Only_what_says_that_credentials_were_given_and_are_too_old_is_an_expiry()
    {
        string[] expiries = ["token_expired", "ticket_invalid", "http_401"];
        Assert.All(CloseReason.All.Select(static reason => reason.Cause).Append("http_401").Append("http_403"), cause =>
        {
            var ending = Ending.Of(new ClosingFrame { Code = 4000, Cause = cause, Retry = "never", Resumable = false });
            Assert.Equal(expiries.Contains(cause), ending.IsExpiry);
            Assert.Equal(cause.StartsWith("http_", StringComparison.Ordinal) ? null : cause, ending.Reason?.Cause);
        });
    }

    private static void Is(Ending ending, int code, string cause, RetryAdvice advice, string words, Exception? origin = null)
    {
        Assert.Equal((code, cause, advice), (ending.Code, ending.Cause, ending.Advice));
        Assert.Contains(words, ending.Text, StringComparison.Ordinal);
        Assert.Same(origin, ending.Origin);
        // No close frame came.
        Assert.False(ending.Clean);
    }
}
