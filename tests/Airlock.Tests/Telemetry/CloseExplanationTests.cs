using System.Globalization;
using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace Airlock.Tests.Telemetry;

public sealed class CloseExplanationTests
{
    private const int ServerSilent = 4903;

    public static TheoryData<string, string, int?, int?, int?, string> Accounts => new()
    {
        // What the server recorded, its silence in seconds, what the client saw, its silence in seconds: what it comes to.
        { "moved", "moved", null, 4202, null, "agreed" },
        { "the client closed and says so", "client_closed", 1, 4900, null, "agreed" },
        { "the client closed and says nothing", "client_closed", 1, null, null, "agreed" },
        { "the server gave up and was heard", "no_pong", 35, 4201, 3, "agreed" },
        { "a close in the client's name, and a cut", "client_closed", 1, 1006, 1, "closed_in_clients_name" },
        { "a close in the client's name, and none", "client_closed", 1, 1005, 1, "agreed" },
        { "a close in both names", "client_closed", 1, 1001, 1, "closed_in_clients_name" },
        { "a close in both names, with another code", "client_closed", 1, 1011, 1, "closed_in_clients_name" },
        { "a foreign client's close", "client_closed", 1, 1000, 1, "agreed" },
        { "a code of this server's that it did not send", "client_closed", 1, 4202, 1, "closed_between" },
        { "the client's close was lost", "transport_lost", 1, 4902, 1, "close_lost" },
        { "both closed at once", "moved", 1, 4901, 1, "close_lost" },
        { "the client's layer refused", "client_closed 1002", 1, 1006, 1, "refused_by_client" },
        { "the layer refused", "protocol_error", 1, 1002, 1, "agreed" },
        { "the layer refused, and was not heard", "invalid_utf8", 1, 1006, 1, "close_lost" },
        { "taken over", "superseded", null, null, null, "taken_over" },
        { "a proxy went away", "transport_lost", 1, 1001, 1, "closed_between" },
        { "a proxy spoke for a server that closed", "gate_timeout", 1, 1012, 1, "closed_between" },
        { "a close that was not heard", "slow_consumer", 1, 1006, 1, "close_lost" },
        { "no pong, and the client lost it", "no_pong", 35, 1006, 20, "path_dead" },
        { "the client heard nothing", "transport_lost", 1, ServerSilent, 50, "path_dead" },
        { "the client heard nothing and said so", "client_closed", 1, ServerSilent, 50, "path_dead" },
        { "idle for as long on both sides", "transport_lost", 10, 1006, 10, "idle_timeout" },
        { "idle for about as long", "transport_lost", 60, 1006, 65, "idle_timeout" },
        { "idle for just long enough", "transport_lost", 5, 1006, 5, "idle_timeout" },
        { "idle for just not long enough here", "transport_lost", 4, 1006, 5, "cut_between" },
        { "idle for just not long enough there", "transport_lost", 5, 1006, 4, "cut_between" },
        { "idle within a second", "transport_lost", 5, 1006, 6, "idle_timeout" },
        { "idle beyond a second", "transport_lost", 5, 1006, 7, "cut_between" },
        { "idle within a tenth", "transport_lost", 60, 1006, 66, "idle_timeout" },
        { "idle beyond a tenth", "transport_lost", 60, 1006, 67, "cut_between" },
        { "the first code of a client's own", "transport_lost", 1, 4900, 1, "close_lost" },
        { "the last code of a client's own", "transport_lost", 1, 4999, 1, "close_lost" },
        { "no code of a client's own", "transport_lost", 1, 4899, 1, "closed_between" },
        { "a client's close with the first free code", "client_closed 3000", 1, 3000, 1, "agreed" },
        { "a client's close with a code that is not free", "client_closed 2999", 1, 2999, 1, "closed_in_clients_name" },
        { "another free code than it was closed with", "client_closed 3000", 1, 3001, 1, "closed_in_clients_name" },
        { "the client's layer refused a type", "client_closed 1003", 1, 1006, 1, "refused_by_client" },
        { "the client's layer refused a text", "client_closed 1007", 1, 1006, 1, "refused_by_client" },
        { "the client's layer refused a size", "client_closed 1009", 1, 1006, 1, "refused_by_client" },
        { "a code to resume with that it did not send", "client_closed", 1, 4301, 1, "closed_between" },
        { "idle, but not for as long", "transport_lost", 60, 1006, 70, "cut_between" },
        { "idle here alone", "transport_lost", 60, 1006, 1, "cut_between" },
        { "busy on both sides", "transport_lost", 1, 1006, 1, "cut_between" },
        { "the client does not say how long", "transport_lost", 60, 1006, null, "cut_between" },
        { "not noticed here", "superseded", null, 1006, 12, "half_open" },
    };

    [Theory]
    [MemberData(nameof(Accounts))]
    public void Both_accounts_of_an_end_come_to_one_explanation(string story, string cause, int? silence, int? seenCode, int? seenSilence, string explanation)
    {
        var reason = CloseReason.All.Single(r => r.Cause == cause.Split(' ')[0]);
        var end = new ConnectionEnd("c-1", reason, cause.Contains(' ', StringComparison.Ordinal) ? int.Parse(cause.Split(' ')[1], CultureInfo.InvariantCulture) : reason.ResumeCode) { Silence = silence is { } s ? TimeSpan.FromSeconds(s) : null };
        SeenClose[]? saw = seenCode is { } code ? [new SeenClose { Connection = "c-0", Code = 1001 }, new SeenClose { Connection = "c-1", Code = code, Silence = seenSilence * 1000 }] : null;
        Assert.Equal((story, explanation), (story, CloseExplanation.Of(end, saw).Explanation.Name));
    }

    [Fact]
    public void A_client_that_tells_of_other_connections_or_nothing_or_that_it_is_new_explains_no_more_than_that()
    {
        var end = new ConnectionEnd("c-1", CloseReason.TransportLost, 1006);
        Assert.Equal("unreported", CloseExplanation.Of(end, null).Explanation.Name);
        Assert.Equal("unreported", CloseExplanation.Of(end, [new SeenClose { Connection = "c-2", Code = 1006 }]).Explanation.Name);
        Assert.Equal("client_restarted", CloseExplanation.Of(end, []).Explanation.Name);
        Assert.Equal("cut_between", CloseExplanation.Of(end, [new SeenClose { Connection = "c-1", Code = 1006, Silence = WireLimits.SequenceMax }]).Explanation.Name);
    }

    [Fact]
    public async Task The_next_attach_logs_one_line_with_both_accounts_and_counts_it()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var first = await server.ReadyAsync();
        server.Time.Advance(TimeSpan.FromSeconds(10));
        first.Stream.Cut();
        await first.EndedAsync();
        var second = await server.OpenAsync();
        await second.HelloAsync(TestPeer.Hello(first.Resume(0)) with { Saw = [new SeenClose { Connection = first.Id, Code = 1006, Cause = "transport_lost", Silence = 10_200 }] });
        await second.NextAsync(FrameType.Authed);
        await second.NextAsync(FrameType.Ready);
        Assert.Equal(["1 cause=transport_lost explanation=idle_timeout"], measures.Counts("airlock.connection.closes.explained"));
        var line = await server.Log.WaitForAsync("follows");
        Assert.StartsWith($"Connection {second.Id} follows {first.Id}, which ended here with 1006 transport_lost after 00:00:10 without a word, and at the client with 1006 transport_lost after 00:00:10.2000000: idle_timeout. ", line, StringComparison.Ordinal);

        // Told by the server itself: nothing new, and no line.
        await server.Server.Sessions.DisconnectAsync(SessionTarget.OfUser("test", "alice"), TestContext.Current.CancellationToken);
        await second.ExpectClosingAsync(CloseReason.Disconnected, resumes: true);
        var third = await server.OpenAsync();
        await third.HelloAsync(TestPeer.Hello(second.Resume(0)) with { Saw = [new SeenClose { Connection = second.Id, Code = 4204 }] });
        await third.NextAsync(FrameType.Authed);
        await third.NextAsync(FrameType.Ready);
        Assert.Equal(["1 cause=disconnected explanation=agreed", "1 cause=transport_lost explanation=idle_timeout"], measures.Counts("airlock.connection.closes.explained"));
        Assert.Single(server.Log.Lines, static l => l.Level == LogLevel.Information && l.Text.Contains("follows", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_client_saw_counts_for_its_own_session_alone()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var alice = await server.ReadyAsync(user: "alice");
        alice.Stream.Cut();
        await alice.EndedAsync();
        var eve = await server.OpenAsync();
        await eve.HelloAsync(TestPeer.Hello(alice.Resume(0), "eve") with { Saw = [new SeenClose { Connection = alice.Id, Code = 1006 }] });
        await eve.NextAsync(FrameType.Authed);
        await eve.NextAsync(FrameType.Ready);
        Assert.Equal("new", eve.Ready.Resume);
        var stale = await server.OpenAsync();
        await stale.HelloAsync(TestPeer.Hello(alice.Resume(0, attempt: 1), "alice") with { Saw = [new SeenClose { Connection = alice.Id, Code = 1006 }] });
        await stale.ExpectClosingAsync(CloseReason.StaleAttempt, resumes: true);
        Assert.Empty(measures.Counts("airlock.connection.closes.explained"));
        Assert.DoesNotContain(server.Log.Lines, static l => l.Text.Contains("follows", StringComparison.Ordinal));
    }
}
