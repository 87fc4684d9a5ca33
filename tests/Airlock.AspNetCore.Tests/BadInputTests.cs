using System.Net.WebSockets;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airlock.AspNetCore.Tests;

/// <summary>What bad input gets: each has its cause and its close code, and nothing else on the server is touched.</summary>
public sealed class BadInputTests
{
    public static TheoryData<string, string, string> Messages => new()
    {
        // When it is sent, what is sent, the cause.
        { "first", "{", "malformed_frame" },
        { "first", "not json", "malformed_frame" },
        { "first", "[]", "malformed_frame" },
        { "first", "[[{\"t\":\"pong\"}]]", "malformed_frame" },
        { "first", "{\"v\":1}", "malformed_frame" },
        { "first", "{\"t\":\"warp\"}", "unknown_frame" },
        { "first", "{\"t\":\"open\"}", "unknown_frame" },
        { "first", "{\"t\":\"hello\",\"v\":1}", "malformed_frame" },
        { "first", "{\"t\":\"pong\"}", "hello_missing" },
        { "first", "{\"t\":\"data\",\"s\":1,\"id\":\"m1\",\"b\":1}", "hello_missing" },
        { "ready", "{\"t\":\"hello\",\"v\":1,\"client\":\"x\",\"instance\":\"i\"}", "hello_repeated" },
        { "ready", "{", "malformed_frame" },
        { "ready", "{\"t\":\"warp\"}", "unknown_frame" },
        { "ready", "{\"t\":\"data\",\"s\":0,\"id\":\"m\",\"b\":1}", "sequence_invalid" },
        { "ready", "{\"t\":\"data\",\"s\":-1,\"id\":\"m\",\"b\":1}", "sequence_invalid" },
        { "ready", "{\"t\":\"data\",\"s\":9007199254740992,\"id\":\"m\",\"b\":1}", "sequence_invalid" },
        { "ready", "{\"t\":\"data\",\"s\":1.0,\"id\":\"m\",\"b\":1}", "sequence_invalid" },
        { "ready", "{\"t\":\"data\",\"s\":2,\"id\":\"m2\",\"b\":1}", "sequence_gap" },
        { "ready", "{\"t\":\"data\",\"s\":1,\"b\":1}", "malformed_frame" },
        { "ready", "{\"t\":\"data\",\"s\":1,\"id\":\"m1\"}", "malformed_frame" },
        { "ready", "{\"t\":\"data\",\"s\":1,\"id\":\"m1\",\"s\":1,\"b\":1}", "malformed_frame" },
        { "ready", "[{\"t\":\"data\",\"s\":1,\"id\":\"m1\",\"b\":1},{\"t\":\"data\",\"s\":1,\"id\":\"m1\",\"b\":2}]", "sequence_conflict" },
        { "ready", "[{\"t\":\"data\",\"s\":1,\"id\":\"m1\",\"b\":1},{\"t\":\"data\",\"s\":1,\"id\":\"other\",\"b\":1}]", "sequence_conflict" },
        { "ready", "{\"t\":\"ack\",\"a\":1}", "ack_invalid" },
        { "ready", "{\"t\":\"ack\",\"a\":-1}", "ack_invalid" },
        { "ready", "{\"t\":\"ack\",\"a\":9007199254740992}", "ack_invalid" },
        { "ready", "{\"t\":\"refresh\"}", "malformed_frame" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public async Task A_bad_message_closes_its_connection_and_no_other(string when, string message, string cause)
    {
        await using var app = await TestApp.StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = when == "first" ? await Peer.ConnectAsync(app.Socket()) : await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(message);
        var closing = await peer.ClosesWithAsync(CloseReason.All.Single(r => r.Cause == cause));
        Assert.Equal("never", (string)closing["retry"]!);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task A_message_at_the_limit_is_served_and_one_beyond_closes()
    {
        await using var app = await TestApp.StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await Peer.ReadyAsync(app.Socket());
        var frame = Peer.Data(1, "\"\"");
        var fits = Peer.Data(1, $"\"{new string('x', (64 * 1024) - frame.Length)}\"");
        Assert.Equal(64 * 1024, fits.Length);
        await peer.SendAsync(fits);
        await peer.NextAsync("data");
        await peer.SendAsync(Peer.Data(2, $"\"{new string('x', (64 * 1024) - frame.Length + 1)}\""));
        await peer.ClosesWithAsync(CloseReason.MessageTooLarge);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task A_message_without_end_is_refused_before_its_end()
    {
        await using var app = await TestApp.StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await Peer.ReadyAsync(app.Socket());
        var part = new byte[32 * 1024];
        for (var i = 0; i < 3; i++)
        {
            await peer.Socket.SendAsync(part, WebSocketMessageType.Text, false, TestContext.Current.CancellationToken);
        }

        await peer.ClosesWithAsync(CloseReason.MessageTooLarge);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task A_binary_message_is_refused()
    {
        await using var app = await TestApp.StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync([1, 2, 3], WebSocketMessageType.Binary);
        await peer.ClosesWithAsync(CloseReason.BinaryRefused);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task A_hello_that_does_not_come_in_time_closes()
    {
        var time = TestApp.NewTime();
        await using var app = await TestApp.StartAsync(time: time);
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.NextAsync("open");
        time.Advance(TimeSpan.FromSeconds(10));
        await peer.ClosesWithAsync(CloseReason.HelloTimeout);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task Data_before_ready_beyond_the_hold_credit_closes() => await BeforeReadyAsync(async peer =>
    {
        await peer.HelloAsync();
        await peer.NextAsync("authed");
        for (var i = 1; i <= 65; i++)
        {
            await peer.SendAsync(Peer.Data(i, "1"));
        }

        await peer.ClosesWithAsync(CloseReason.EarlyDataOverflow);
    });

    [Fact]
    public async Task Data_before_ready_beyond_the_hold_credit_in_bytes_closes() => await BeforeReadyAsync(
        async peer =>
        {
            await peer.HelloAsync();
            await peer.NextAsync("authed");
            await peer.SendAsync(Peer.Data(1, $"\"{new string('x', 1500)}\""));
            await peer.SendAsync(Peer.Data(2, $"\"{new string('x', 1500)}\""));
            await peer.ClosesWithAsync(CloseReason.EarlyDataOverflow);
        },
        new() { HoldBytesBeforeAuthentication = 2000, HoldBytesMax = 2000 });

    [Fact]
    public async Task Data_before_ready_with_a_resume_closes() => await BeforeReadyAsync(async peer =>
    {
        await peer.SendAsync($"[{Peer.Hello(resume: Peer.Resume("s_x", 2, 0))},{Peer.Data(1, "1")}]");
        await peer.ClosesWithAsync(CloseReason.EarlyData, hasSession: true);
    });

    [Theory]
    [InlineData("{\"t\":\"ack\",\"a\":0}")]
    [InlineData("{\"t\":\"stop\",\"s\":1}")]
    [InlineData("{\"t\":\"bye\"}")]
    public async Task A_frame_that_only_has_a_meaning_after_ready_closes_before_it(string frame) => await BeforeReadyAsync(async peer =>
    {
        await peer.HelloAsync();
        await peer.NextAsync("authed");
        await peer.SendAsync(frame);
        await peer.ClosesWithAsync(CloseReason.FrameOutOfPhase);
    });

    [Fact]
    public async Task More_unfinished_messages_than_the_window_close()
    {
        var release = new TaskCompletionSource();
        await using var app = await TestApp.StartAsync(a => a.MapAirlock(
            "/chat",
            async (Turn turn) =>
            {
                if (turn.Message.Length == 1)
                {
                    await release.Task;
                }

                await TestApp.Echo(turn);
            },
            new() { Session = new() { Window = 2 } }).AllowAnonymous());
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await Peer.ReadyAsync(app.Socket());
        Assert.Equal(2, (int)peer.Ready["window"]!);
        await peer.SendAsync($"[{Peer.Data(1, "1")},{Peer.Data(2, "2")},{Peer.Data(3, "3")}]");
        await peer.ClosesWithAsync(CloseReason.WindowExceeded);
        await bystander.EchoAsync(1);
        release.SetResult();
    }

    [Fact]
    public async Task A_repeat_of_the_same_content_is_acknowledged_again_and_not_handled_twice()
    {
        var handled = 0;
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/chat", async (Turn turn) =>
        {
            Interlocked.Increment(ref handled);
            await turn.SendRawAsync(turn.Message);
        }).AllowAnonymous());
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, "\"once\""));
        await peer.NextAsync("data");
        await peer.SendAsync(Peer.Data(1, "\"once\""));
        Assert.Equal(1, (int)(await peer.NextAsync("ack"))["a"]!);
        await peer.EchoAsync(2);
        Assert.Equal(2, handled);
    }

    [Fact]
    public async Task An_ack_that_goes_back_closes()
    {
        await using var app = await TestApp.StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.EchoAsync(1);
        await peer.SendAsync("{\"t\":\"ack\",\"a\":1}");
        await peer.SendAsync("{\"t\":\"ack\",\"a\":0}");
        await peer.ClosesWithAsync(CloseReason.AckInvalid);
        await bystander.EchoAsync(1);
    }

    /// <summary>Two clients wait for a gate, and one of them does something wrong. The other one goes on waiting, and is served once the gate opens.</summary>
    private static async Task BeforeReadyAsync(Func<Peer, Task> misbehave, EndpointOptions? options = null)
    {
        var gate = new ClosedGate();
        await using var app = await TestApp.StartAsync(services: s => gate.AddTo(s, "database"), airlock: o => o.Endpoint = options ?? o.Endpoint);
        using var bystander = await Peer.ConnectAsync(app.Socket());
        await bystander.HelloAsync();
        await bystander.NextAsync("authed");
        using var peer = await Peer.ConnectAsync(app.Socket());
        await misbehave(peer);
        gate.Result = HealthCheckResult.Healthy();
        await bystander.NextAsync("ready");
        await bystander.EchoAsync(1);
    }
}
