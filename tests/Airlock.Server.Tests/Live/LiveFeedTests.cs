using System.Diagnostics.Metrics;
using System.Net.WebSockets;
using Airlock.Core;
using Airlock.Server.Agent;
using Airlock.Server.Live;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Server.Tests.Live;

public sealed class LiveFeedTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly AirlockServer _server;
    private readonly Endpoint _endpoint;
    private readonly LiveFeed _feed;

    public LiveFeedTests()
    {
        _server = new AirlockServer(_time);
        _endpoint = _server.AddEndpoint("/chat", new EndpointOptions(), static (_, _, _, _) => new(AuthenticationOutcome.Refuse(CloseReason.CredentialsMissing)), static (_, _) => Task.CompletedTask);
        _feed = new LiveFeed(_server, new AgentBreaker(Options.Create(new AgentOptions()), _time, _services.GetRequiredService<IMeterFactory>()), _time);
    }

    public void Dispose()
    {
        _server.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void A_server_without_connections_has_something_to_show_all_the_same()
    {
        _server.Gates.Declare("model", required: true);
        var seen = _feed.Look(new LiveLook { Count = 50 });
        Assert.Empty(seen.States);
        Assert.Empty(seen.Rows);
        Assert.Equal(("model", "waiting"), (seen.Gates[0].Name, seen.Gates[0].State));
        Assert.Equal(new LiveSeen.LiveBreaker("agent", "closed"), Assert.Single(seen.Breakers));
        Assert.Equal(new LiveSeen.LiveSessionCounts(0, 0), seen.Sessions);
    }

    [Fact]
    public async Task Only_what_is_visible_is_told_and_the_dots_are_a_sample()
    {
        var connections = Connect(2500);
        var seen = _feed.Look(new LiveLook { From = 100, Count = 40 });
        Assert.Equal((2500, 40, 2500), (seen.Matched, seen.Rows.Count, seen.States["CONNECTING"]));
        Assert.Equal(Enumerable.Range(0, 40).Select(static i => 2400L - i), seen.Rows.Cast<LiveSeen.LiveConnection>().Select(static r => r.Number));
        Assert.Equal(3, seen.Dots.Every);
        Assert.Equal(833, seen.Dots.Numbers.Count);
        Assert.Equal(new string('0', 833), seen.Dots.States);
        var oldest = _feed.Look(new LiveLook { Count = 1, OldestFirst = true });
        Assert.Equal(1, Assert.IsType<LiveSeen.LiveConnection>(Assert.Single(oldest.Rows)).Number);
        await connections.EndAsync();
    }

    [Fact]
    public async Task What_ended_is_found_by_its_cause_and_its_record_is_kept()
    {
        var connections = Connect(3);
        _time.Advance(TimeSpan.FromSeconds(20));
        await connections.EndAsync();
        Assert.Equal(0, _feed.Look(new LiveLook { Count = 50 }).Matched);
        var ended = _feed.Look(new LiveLook { Count = 50, State = "ENDED" });
        Assert.Equal(3, ended.Matched);
        Assert.Equal(3, _feed.Look(new LiveLook { Count = 50, Cause = "transport_lost" }).Matched);
        Assert.Equal(0, _feed.Look(new LiveLook { Count = 50, Cause = "bye" }).Matched);
        var cause = Assert.Single(ended.Causes);
        Assert.Equal(("transport_lost", 1006, "network", 3), (cause.Cause, cause.Code, cause.Fault, cause.Count));
        var row = (LiveSeen.LiveConnection)ended.Rows[0];
        Assert.Equal(("FAILED", 20_000, "transport_lost"), (row.State, row.Age, row.Cause));
        var detail = _feed.Look(new LiveLook { Selected = row.Id }).Selected!;
        Assert.Equal("FAILED", detail.Record[^1].To);
        Assert.Equal(20_000, detail.Record[^1].At);
        Assert.Null(_feed.Look(new LiveLook { Selected = "c_unknown" }).Selected);
    }

    [Fact]
    public async Task Filters_leave_out_what_does_not_fit()
    {
        var older = Connect(2);
        _time.Advance(TimeSpan.FromMinutes(1));
        var newer = Connect(1);
        Assert.Equal(2, _feed.Look(new LiveLook { MinimumAge = 60 }).Matched);
        Assert.Equal(3, _feed.Look(new LiveLook { State = "CONNECTING" }).Matched);
        Assert.Equal(0, _feed.Look(new LiveLook { State = "PROCESSING_READY" }).Matched);
        var id = _server.Observation.Connections.First().Id;
        Assert.Equal(1, _feed.Look(new LiveLook { User = id[2..].ToUpperInvariant() }).Matched);
        Assert.Equal(0, _feed.Look(new LiveLook { User = "nobody" }).Matched);
        await older.EndAsync();
        await newer.EndAsync();
    }

    [Fact]
    public async Task However_often_one_asks_the_answers_keep_their_pace()
    {
        var stop = TestContext.Current.CancellationToken;
        Assert.True(_feed.PaceAsync(stop).IsCompleted);
        var second = _feed.PaceAsync(stop);
        var third = _feed.PaceAsync(stop);
        _time.Advance(LiveFeed.Pace - TimeSpan.FromMilliseconds(1));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await second.WaitAsync(Patience.Max, stop);
        Assert.False(third.IsCompleted);
        _time.Advance(LiveFeed.Pace);
        await third.WaitAsync(Patience.Max, stop);
        _time.Advance(LiveFeed.Pace);
        Assert.True(_feed.PaceAsync(stop).IsCompleted);
    }

    [Theory]
    [InlineData(-1, 50, 0, null)]
    [InlineData(0, 201, 0, null)]
    [InlineData(0, 50, -1, null)]
    [InlineData(0, 50, 0, 129)]
    public void A_look_out_of_range_is_not_answered(int from, int count, double age, int? letters) =>
        Assert.False(new LiveLook { From = from, Count = count, MinimumAge = age, User = letters is { } some ? new string('a', some) : null }.IsValid);

    /// <summary>Connections whose upgrade waits until it fails.</summary>
    private Held Connect(int count)
    {
        var held = new Held();
        for (var i = 0; i < count; i++)
        {
            held.Running.Add(_endpoint.RunAsync(new ConnectionRequest { Upgrade = held }));
        }

        return held;
    }

    private sealed class Held : IUpgrade
    {
        private readonly TaskCompletionSource<WebSocket> _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<Task> Running { get; } = [];

        public async ValueTask<WebSocket> AcceptAsync(string? subProtocol, CancellationToken cancellationToken) => await _accepted.Task;

        public ValueTask RefuseAsync(CloseReason reason, TimeSpan? retryAfter) => ValueTask.CompletedTask;

        public Task EndAsync()
        {
            _accepted.SetException(new IOException("gone"));
            return Task.WhenAll(Running).WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
        }
    }
}
