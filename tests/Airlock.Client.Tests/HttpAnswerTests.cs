using Airlock.Core;

namespace Airlock.Client.Tests;

public sealed class HttpAnswerTests
{
    [Theory]
    [InlineData(200, "shows a page", true)]
    [InlineData(399, "shows a page", true)]
    [InlineData(400, "cut the request", false)]
    [InlineData(401, "credentials of its own", false)]
    [InlineData(402, "what stands in front of the server", false)]
    [InlineData(403, "lets nobody in", false)]
    [InlineData(404, "endpoint at this address?", false)]
    [InlineData(405, "let WebSockets pass?", false)]
    [InlineData(407, "proxy wants credentials", false)]
    [InlineData(408, "at the moment", true)]
    [InlineData(410, "endpoint at this address?", false)]
    [InlineData(425, "at the moment", true)]
    [InlineData(426, "let WebSockets pass?", false)]
    [InlineData(429, "at the moment", true)]
    [InlineData(499, "what stands in front of the server", false)]
    [InlineData(500, "at the moment", true)]
    [InlineData(599, "at the moment", true)]
    public void Each_status_that_no_server_explains_says_what_to_do_and_whether_it_passes(int status, string words, bool passes)
    {
        var hint = TimeSpan.FromSeconds(3);
        var ending = new HttpAnswer(status, null, hint).ToEnding(hasSession: true, origin: null);
        Assert.Equal(($"http_{status}", 1006, status, true, hint), (ending.Cause, ending.Code, ending.HttpStatus, ending.Clean, ending.Hint));
        Assert.Equal(passes ? RetryAdvice.ResumeLater : RetryAdvice.Never, ending.Advice);
        Assert.StartsWith($"HTTP {status} came in place of the upgrade", ending.Text, StringComparison.Ordinal);
        Assert.Contains(words, ending.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("protocol_unsupported", 400, 4030, 4030)]
    [InlineData("handshake_invalid", 400, 1006, 1006)]
    [InlineData("origin_refused", 403, 4027, 4027)]
    [InlineData("route_invalid", 404, 1006, 1006)]
    [InlineData("upgrade_required", 426, 1006, 1006)]
    [InlineData("version_unsupported", 426, 1006, 1006)]
    [InlineData("address_limit", 429, 4105, 4305)]
    [InlineData("draining", 503, 4312, 4312)]
    [InlineData("upgrade_failed", 503, 1006, 1006)]
    public void Name_of_a_refusal_counts_with_its_own_status_only(string cause, int status, int code, int resumeCode)
    {
        var origin = new HttpRequestException("no");
        foreach (var hasSession in new[] { false, true })
        {
            var ending = new HttpAnswer(status, cause).ToEnding(hasSession, origin);
            Assert.Equal((cause, hasSession ? resumeCode : code, status, true), (ending.Cause, ending.Code, ending.HttpStatus, ending.Clean));
            Assert.Equal($"The server refused the upgrade with HTTP {status}. {CloseReason.All.FirstOrDefault(reason => reason.Cause == cause)?.Summary}".Trim(), ending.Text);
            Assert.Same(origin, ending.Origin);
        }

        foreach (var other in new[] { 400, 401, 403, 404, 426, 429, 500, 503 }.Where(other => other != status))
        {
            Assert.Equal($"http_{other}", new HttpAnswer(other, cause).ToEnding(hasSession: false, origin).Cause);
        }
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("", null, null)]
    [InlineData("0", null, null)]
    [InlineData("000000", null, null)]
    [InlineData("1", null, 1)]
    [InlineData(" 7 ", null, 7)]
    [InlineData("000000000012", null, 12)]
    [InlineData("86399", null, 86_399)]
    [InlineData("86400", null, 86_400)]
    [InlineData("86401", null, 86_400)]
    [InlineData("99999", null, 86_400)]
    [InlineData("100000", null, 86_400)]
    [InlineData("99999999999999999999", null, 86_400)]
    [InlineData("-1", null, null)]
    [InlineData("1.5", null, null)]
    [InlineData("1 s", null, null)]
    [InlineData("\u0663", null, null)]
    [InlineData("Tue, 01 Jan 2030 00:00:10 GMT", "Tue, 01 Jan 2030 00:00:07 GMT", 3)]
    [InlineData("Tue, 01 Jan 2030 00:00:10 GMT", "Tue, 01 Jan 2030 00:00:10 GMT", null)]
    [InlineData("Tue, 01 Jan 2030 00:00:07 GMT", "Tue, 01 Jan 2030 00:00:10 GMT", null)]
    [InlineData("Wed, 02 Jan 2030 00:00:01 GMT", "Tue, 01 Jan 2030 00:00:00 GMT", 86_400)]
    [InlineData("Tue, 01 Jan 2030 00:00:10 GMT", null, null)]
    [InlineData("Tue, 01 Jan 2030 00:00:10 GMT", "today", null)]
    [InlineData("tomorrow", "Tue, 01 Jan 2030 00:00:10 GMT", null)]
    public void Hint_is_whole_seconds_or_a_date_of_the_servers_clock_and_at_most_a_day(string? retryAfter, string? date, int? seconds) =>
        Assert.Equal(seconds is { } wait ? TimeSpan.FromSeconds(wait) : null, HttpAnswer.Wait(retryAfter, date));

    [Fact]
    public void Headers_are_found_however_they_are_written_and_of_two_causes_neither_counts()
    {
        var headers = new Dictionary<string, IEnumerable<string>> { ["airlock-CAUSE"] = ["draining"], ["RETRY-after"] = ["5", "9"], ["Via"] = ["1.1 proxy"] };
        Assert.Equal(new HttpAnswer(503, "draining", TimeSpan.FromSeconds(5)), HttpAnswer.Of(503, headers));
        headers["airlock-CAUSE"] = ["draining", "draining"];
        Assert.Equal(new HttpAnswer(503, null, TimeSpan.FromSeconds(5)), HttpAnswer.Of(503, headers));
        headers["Date"] = ["Tue, 01 Jan 2030 00:00:00 GMT"];
        headers["RETRY-after"] = ["Tue, 01 Jan 2030 00:00:02 GMT"];
        Assert.Equal(TimeSpan.FromSeconds(2), HttpAnswer.Of(503, headers).RetryAfter);
        Assert.Equal(new HttpAnswer(503), HttpAnswer.Of(503, null));
    }
}
