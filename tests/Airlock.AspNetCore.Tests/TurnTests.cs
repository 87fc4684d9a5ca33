using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

public sealed class TurnTests
{
    [Fact]
    public async Task A_message_sent_the_instant_the_socket_opens_is_handled_once_after_ready()
    {
        var handled = new ConcurrentQueue<string>();
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/chat", async (Turn turn) =>
        {
            handled.Enqueue(turn.MessageId);
            await turn.SendRawAsync(turn.Message);
        }).AllowAnonymous());
        for (var i = 0; i < 20; i++)
        {
            using var peer = await Peer.ConnectAsync(app.Socket());
            await peer.SendAsync(Peer.Hello());
            await peer.SendAsync(Peer.Data(1, "1", $"first-{i}"));
            await peer.SendAsync(Peer.Data(2, "2", $"second-{i}"));
            var types = new List<string>();
            while (types.Count(static t => t == "data") < 2)
            {
                types.Add((string)(await peer.NextAsync())!["t"]!);
            }

            Assert.True(types.IndexOf("ready") < types.IndexOf("data"));
        }

        Assert.Equal(Enumerable.Range(0, 20).SelectMany(static i => new[] { $"first-{i}", $"second-{i}" }), handled);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public async Task Many_connect_at_once_and_each_is_served(int count)
    {
        await using var app = await TestApp.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
        {
            using var peer = await Peer.ReadyAsync(app.Socket());
            await peer.EchoAsync(1, $"{i}");
            await peer.CloseAsync();
        }));
    }

    [Fact]
    public async Task Sockets_of_one_user_do_not_disturb_each_other()
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", TestApp.Echo));
        var peers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Peer.ReadyAsync(app.Socket(), Tokens.For("ann"))));
        Assert.Equal(8, peers.Select(static p => p.Session).Distinct().Count());
        await Task.WhenAll(peers.Select(static (p, i) => p.EchoAsync(1, $"{i}")));
        await peers[0].SendAsync("{");
        await peers[0].ClosesWithAsync(CloseReason.MalformedFrame);
        peers[1].Socket.Abort();
        await Task.WhenAll(peers[2..].Select(static (p, i) => p.EchoAsync(2, $"{i}")));
        Assert.Equal(8, (await app.Server.Sessions.SendAsync(SessionTarget.OfUser(Tokens.Issuer, "ann"), "to all", TestContext.Current.CancellationToken)).Sent);
        foreach (var peer in peers[2..])
        {
            Assert.Equal("to all", (string)(await peer.NextAsync("data"))["b"]!);
        }

        Array.ForEach(peers, static p => p.Dispose());
    }

    [Fact]
    public async Task A_handler_that_throws_once_is_retried_and_what_it_streamed_is_withdrawn()
    {
        await using var app = await StartAsync(async turn =>
        {
            await turn.StreamAsync($"part {turn.Try}");
            await turn.SendAsync("staged");
            if (turn.Try == 1)
            {
                throw new InvalidOperationException("once");
            }
        });
        app.Expects = [typeof(InvalidOperationException)];
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, "1"));
        Assert.Equal(["data p 1 \"part 1\"", "void 1", "data p 2 \"part 2\"", "data 2 \"staged\"", "end 2"], await EntriesAsync(peer, 5));
    }

    [Fact]
    public async Task A_handler_that_throws_three_times_is_given_up_and_the_session_lives()
    {
        await using var app = await StartAsync(async turn =>
        {
            if (turn.Sequence == 1)
            {
                await turn.StreamAsync("part");
                throw new InvalidOperationException("always");
            }

            await turn.SendAsync("fine");
        });
        app.Expects = [typeof(InvalidOperationException)];
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, "1"));
        await peer.SendAsync(Peer.Data(2, "2"));
        Assert.Equal(
            ["data p 1 \"part\"", "void 1", "data p 2 \"part\"", "void 2", "data p 3 \"part\"", "void 3", "nack handler_failed", "data 1 \"fine\""], await EntriesAsync(peer, 8));
        await bystander.SendAsync(Peer.Data(1, "1"));
        await bystander.NextAsync("data");
        // The peer learns that it failed; why is in the log.
        await app.Log.UntilAsync("InvalidOperationException: always");
    }

    [Fact]
    public async Task A_turn_goes_on_while_its_client_is_away_and_is_replayed()
    {
        var away = new TaskCompletionSource();
        var done = new TaskCompletionSource();
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", async (Turn turn, CancellationToken stop) =>
        {
            await turn.StreamAsync("before");
            await away.Task.WaitAsync(stop);
            await turn.StreamAsync("while away");
            await turn.SendAsync("final");
            done.SetResult();
        }));
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        await peer.SendAsync(Peer.Data(1, "1"));
        Assert.Equal("before", (string)(await peer.NextAsync("data"))["b"]!);
        peer.Socket.Abort();
        await app.Log.UntilAsync("1006 transport_lost");
        away.SetResult();
        await done.Task.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
        using var next = await Peer.ConnectAsync(app.Socket());
        var ready = await next.ReadyAfterAsync(Tokens.For("ann"), Peer.Resume(peer.Session, 2, 1));
        Assert.Equal(("resumed", 2, 1), ((string)ready["resume"]!, (int)ready["generation"]!, (int)ready["received"]!));
        Assert.Equal(["data p 1 \"while away\"", "data 1 \"final\"", "end 1"], await EntriesAsync(next, 3));
    }

    [Fact]
    public async Task A_stop_ends_its_turn_and_keeps_what_was_streamed()
    {
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/chat", async (Turn turn, CancellationToken stop) =>
        {
            await turn.StreamAsync("kept");
            await turn.SendAsync("dropped");
            await Task.Delay(Timeout.InfiniteTimeSpan, stop);
        }).AllowAnonymous());
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, "1"));
        await peer.NextAsync("data");
        await peer.SendAsync("{\"t\":\"stop\",\"s\":7}");
        await peer.SendAsync("{\"t\":\"stop\",\"s\":1}");
        await peer.SendAsync("{\"t\":\"stop\",\"s\":1}");
        var end = await peer.NextAsync("end");
        Assert.Equal((2, true, 1), ((int)end["s"]!, (bool)end["stopped"]!, (int)end["d"]!));
    }

    [Fact]
    public async Task A_bye_ends_the_session_after_its_turns_once_all_is_acknowledged()
    {
        await using var app = await TestApp.StartAsync();
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync($"[{Peer.Data(1, "\"last\"")},{{\"t\":\"bye\"}}]");
        Assert.Equal("last", (string)(await peer.NextAsync("data"))["b"]!);
        await peer.SendAsync("""{"t":"ack","a":1}""");
        await peer.ClosesWithAsync(CloseReason.Bye);
    }

    [Fact]
    public async Task A_resume_that_is_not_possible_is_refused_with_its_cause()
    {
        var time = TestApp.NewTime();
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", TestApp.Echo), time: time);
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        await peer.EchoAsync(1);
        using var beyond = await Peer.ConnectAsync(app.Socket());
        await beyond.HelloAsync(Tokens.For("ann"), Peer.Resume(peer.Session, 2, 2));
        await beyond.ClosesWithAsync(CloseReason.ResumeInvalid, hasSession: true);
        using var stale = await Peer.ConnectAsync(app.Socket());
        await stale.HelloAsync(Tokens.For("ann"), Peer.Resume(peer.Session, 1, 0));
        await stale.ClosesWithAsync(CloseReason.StaleAttempt, hasSession: true);
        await peer.EchoAsync(2);

        using var next = await Peer.ConnectAsync(app.Socket());
        Assert.Equal("resumed", (string)(await next.ReadyAfterAsync(Tokens.For("ann"), Peer.Resume(peer.Session, 5, 1)))["resume"]!);
        await peer.ClosesWithAsync(CloseReason.Superseded, hasSession: true);
        Assert.Equal(2, (int)(await next.NextAsync("data"))["s"]!);
        await next.CloseAsync();
        await app.Log.UntilAsync("1000 client_closed");
        // As long as the session waits: it has ended, and what is lost is told as exactly as is known.
        time.Advance(TimeSpan.FromMinutes(2));
        using var late = await Peer.ConnectAsync(app.Socket());
        var ready = await late.ReadyAfterAsync(Tokens.For("ann"), Peer.Resume(peer.Session, 6, 1));
        Assert.Equal("new", (string)ready["resume"]!);
        Assert.Equal("""[{"direction":"down","from":2,"to":2}]""", ready["lost"]!.ToJsonString());
    }

    [Fact]
    public async Task Services_come_from_a_scope_that_lives_as_long_as_the_turn()
    {
        var away = new TaskCompletionSource();
        var seen = new ConcurrentQueue<(bool IsTheScopes, Missing? Missing, bool IsDisposedAtTheEnd)>();
        await using var app = await TestApp.StartAsync(
            services: s => s.AddScoped<Scoped>().AddKeyedSingleton<string>("greeting", "hello"),
            map: a => a.MapAirlock("/chat", async ([FromKeyedServices("greeting")] string greeting, Turn turn, Scoped scoped, IServiceProvider services, Missing? missing, CancellationToken stop) =>
            {
                var isTheScopes = ReferenceEquals(scoped, services.GetRequiredService<Scoped>());
                await turn.StreamAsync(greeting);
                await away.Task.WaitAsync(stop);
                turn.Principal.Claims.ToString();
                seen.Enqueue((isTheScopes, missing, scoped.IsDisposed));
                Scoped.Ended.TrySetResult(scoped);
            }).AllowAnonymous());
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, "1"));
        Assert.Equal("hello", (string)(await peer.NextAsync("data"))["b"]!);
        peer.Socket.Abort();
        await app.Log.UntilAsync("1006 transport_lost");
        away.SetResult();
        var used = await Scoped.Ended.Task.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
        await used.Disposed.Task.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
        // Out here: an assertion in the handler would fail the try, and the next one might pass.
        Assert.Equal((true, null, false), Assert.Single(seen));
    }

    private static Task<TestApp> StartAsync(Func<Turn, Task> handler) => TestApp.StartAsync(a => a.MapAirlock("/chat", handler, new() { TryDelay = TimeSpan.FromMilliseconds(1) }).AllowAnonymous());

    private static async Task<List<string>> EntriesAsync(Peer peer, int count)
    {
        var entries = new List<string>();
        while (entries.Count < count)
        {
            var frame = (await peer.NextAsync())!;
            if (frame["s"] is not null)
            {
                entries.Add(Describe(frame));
            }
        }

        return entries;
    }

    private static string Describe(JsonObject frame) =>
        string.Join(' ', new[] { (string)frame["t"]!, frame["p"] is null ? null : "p", frame["try"]?.ToString(), frame["cause"]?.ToString(), frame["b"]?.ToJsonString() }.OfType<string>());

    public sealed class Scoped : IDisposable
    {
        internal static TaskCompletionSource<Scoped> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TaskCompletionSource Disposed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal bool IsDisposed => Disposed.Task.IsCompleted;

        public void Dispose() => Disposed.TrySetResult();
    }

    public sealed class Missing;
}
