using System.Net.WebSockets;
using System.Text;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Connections;

public sealed class ConnectionClosingTests
{
    public static TheoryData<ConnectionState, bool> OpenStates => new()
    {
        { ConnectionState.Accepted, false },
        { ConnectionState.Accepted, true },
        { ConnectionState.Authenticated, false },
        { ConnectionState.ServicesReady, false },
        { ConnectionState.ProcessingReady, false },
        { ConnectionState.Degraded, false },
        { ConnectionState.Draining, false },
    };

    [Theory]
    [MemberData(nameof(OpenStates))]
    public async Task A_close_of_the_peer_is_answered_in_every_state(ConnectionState state, bool isAuthenticating)
    {
        using var stage = await Stage.AtAsync(state, isAuthenticating);
        await stage.Peer.CloseAsync(4900, "client_closed");
        Assert.Equal((4900, "client_closed"), await stage.Peer.Closed);
        await stage.Peer.EndedAsync();
        stage.CompleteLate();
        stage.Server.AssertNothingLeft();
        Assert.Empty(await stage.Peer.RestAsync());
    }

    [Fact]
    public async Task A_close_without_a_code_is_answered_with_1000()
    {
        using var stage = await Stage.AtAsync(ConnectionState.ProcessingReady, false);
        // A masked close frame with nothing in it (RFC 6455 §5.5.1: the body is optional), as a page sends that leaves. 1005 stands for it and is never sent.
        await stage.Peer.Stream.WriteAsync(new byte[] { 0x88, 0x80, 1, 2, 3, 4 }, TestContext.Current.CancellationToken);
        Assert.Equal((1000, "client_closed"), await stage.Peer.Closed);
        await stage.Peer.EndedAsync();
        stage.Server.AssertNothingLeft();
    }

    [Theory]
    [MemberData(nameof(OpenStates))]
    public async Task A_lost_transport_ends_it_in_every_state(ConnectionState state, bool isAuthenticating)
    {
        using var stage = await Stage.AtAsync(state, isAuthenticating);
        stage.Peer.Stream.Cut();
        await stage.Peer.EndedAsync();
        stage.CompleteLate();
        stage.Server.AssertNothingLeft();
        await stage.Server.Log.WaitForAsync("ended: 1006 transport_lost");
    }

    [Theory]
    [MemberData(nameof(OpenStates))]
    public async Task A_drain_moves_it_in_every_state(ConnectionState state, bool isAuthenticating)
    {
        using var stage = await Stage.AtAsync(state, isAuthenticating);
        var drained = stage.Server.Server.DrainAsync(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(7));
        if (state is ConnectionState.ProcessingReady or ConnectionState.Degraded)
        {
            var drain = (DrainFrame)(await stage.Peer.NextAsync(FrameType.Drain)).Body!;
            Assert.InRange(drain.Delay, 0, 5000);
            Assert.Equal(stage.Server.Time.GetUtcNow().AddSeconds(10).ToUnixTimeMilliseconds(), drain.By);
        }

        if (state >= ConnectionState.ProcessingReady)
        {
            Assert.Equal(ConnectionState.Draining, stage.Server.Server.StateOf(stage.Peer.Id));
            stage.Server.Time.Advance(TimeSpan.FromSeconds(10));
            await stage.Peer.ExpectClosingAsync(CloseReason.Moved, resumes: true);
        }
        else
        {
            var closing = await stage.Peer.ExpectClosingAsync(CloseReason.Draining);
            Assert.Equal((7000L, false), (closing.RetryAfter, closing.Resumable));
        }

        await drained.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        stage.CompleteLate();
        stage.Server.AssertNothingLeft();
        Assert.True(stage.Server.Server.IsDraining);
    }

    [Fact]
    public async Task A_draining_server_refuses_the_upgrade()
    {
        using var server = new TestServer();
        await server.Server.DrainAsync(TimeSpan.Zero, TimeSpan.FromSeconds(3)).WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        var peer = server.Connect();
        await peer.EndedAsync();
        Assert.Equal(CloseReason.Draining, peer.Upgrade.Refused!.Value.Reason);
        Assert.False(peer.Upgrade.AcceptAsked.Task.IsCompleted);
        server.AssertNothingLeft();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_drain_during_the_accept_closes_what_is_accepted(bool isPlain, bool isRefused)
    {
        using var server = new TestServer();
        var accept = new TaskCompletionSource();
        var peer = server.Connect(r => r with { IsPlain = isPlain, Refuse = isRefused ? CloseReason.OriginRefused : null, AcceptToRefuse = isRefused }, accepting: accept.Task);
        await peer.Upgrade.AcceptAsked.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        var drained = server.Server.DrainAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        await drained.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        accept.SetResult();
        Assert.Equal((4312, "draining"), await peer.Closed);
        // Told as everything is told: after open, without which a client would take the server for a broken one.
        Assert.Equal(isPlain ? [] : [FrameType.Open, FrameType.Closing], (await peer.RestAsync()).Select(static frame => frame.Type));
        await peer.EndedAsync();
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_repeated_drain_keeps_the_earlier_deadline()
    {
        using var stage = await Stage.AtAsync(ConnectionState.ProcessingReady);
        _ = stage.Server.Server.DrainAsync(TimeSpan.FromSeconds(10), TimeSpan.Zero);
        _ = stage.Server.Server.DrainAsync(TimeSpan.FromSeconds(20), TimeSpan.Zero);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(10));
        await stage.Peer.ExpectClosingAsync(CloseReason.Moved, resumes: true);
    }

    [Fact]
    public async Task A_browser_is_accepted_in_order_to_be_refused()
    {
        using var server = new TestServer();
        var peer = await server.OpenAsync(r => r with { Refuse = CloseReason.OriginRefused, AcceptToRefuse = true });
        var closing = await peer.ExpectClosingAsync(CloseReason.OriginRefused);
        Assert.Equal(("never", false), (closing.Retry, closing.Resumable));
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_known_reason_refuses_the_upgrade()
    {
        using var server = new TestServer();
        var peer = server.Connect(r => r with { Refuse = CloseReason.OriginRefused });
        await peer.EndedAsync();
        Assert.Equal(CloseReason.OriginRefused, peer.Upgrade.Refused!.Value.Reason);
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task The_limit_by_address_refuses_and_is_given_back()
    {
        using var server = new TestServer(options: new EndpointOptions { ConnectionsPerAddressMax = 1 });
        var first = await server.OpenAsync(r => r with { Address = "a" });
        var second = server.Connect(r => r with { Address = "a" });
        await second.EndedAsync();
        Assert.Equal(CloseReason.AddressLimit, second.Upgrade.Refused!.Value.Reason);
        await first.CloseAsync();
        await first.EndedAsync();
        var third = await server.OpenAsync(r => r with { Address = "a" });
        third.Stream.Cut();
        await third.EndedAsync();
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task The_limit_by_user_closes_and_is_given_back()
    {
        using var server = new TestServer(options: new EndpointOptions { ConnectionsPerUserMax = 1 });
        var first = await server.ReadyAsync();
        var second = await server.OpenAsync();
        await second.HelloAsync();
        var closing = await second.ExpectClosingAsync(CloseReason.ConnectionLimit);
        Assert.Equal(30000, closing.RetryAfter);
        var other = await server.ReadyAsync(user: "bob");
        await first.CloseAsync();
        await first.EndedAsync();
        var third = await server.ReadyAsync();
        foreach (var peer in new[] { other, third })
        {
            peer.Stream.Cut();
            await peer.EndedAsync();
        }

        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_failed_write_leaves_what_was_received_readable()
    {
        var handled = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = new TestServer(handler: async (turn, stop) =>
        {
            handled.TrySetResult(Encoding.UTF8.GetString(turn.Message.Span));
            await turn.SendRawAsync(turn.Message);
        });
        var peer = await server.ReadyAsync();
        var failed = peer.Stream.RefuseIncoming();
        await server.Server.Sessions.SendAsync(SessionTarget.OfSession(peer.Ready.Session), 1, TestContext.Current.CancellationToken);
        await failed.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);

        // Sent after the server could not write any more: it is still read, stored and handled.
        await peer.DataAsync(1, "\"still read\"");
        Assert.Equal("\"still read\"", await handled.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken));
        Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));

        peer.Stream.Cut();
        await peer.EndedAsync();
        await server.Log.WaitForAsync(peer.Id, "1006 transport_lost");
        server.AssertNothingLeft();
        var next = await server.ReadyAsync(peer.Resume(received: 0));
        Assert.Equal(("resumed", 1L), (next.Ready.Resume, next.Ready.Received));
        Assert.Equal("1", TestPeer.TextOf(await next.AfterAcksAsync(FrameType.Data)));
        Assert.Equal("\"still read\"", TestPeer.TextOf(await next.AfterAcksAsync(FrameType.Data)));
    }

    [Fact]
    public async Task A_cut_in_the_middle_of_a_frame_is_a_lost_transport()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        // The header of a masked text message of 100 bytes, and 10 of them.
        await peer.Stream.WriteAsync(new byte[] { 0x81, 0xE4, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, TestContext.Current.CancellationToken);
        peer.Stream.EndOutgoing();
        await peer.EndedAsync();
        await server.Log.WaitForAsync(peer.Id, "ended: 1006 transport_lost");
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_binary_message_is_refused()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await peer.SendAsync(new byte[] { 1, 2, 3 }, WebSocketMessageType.Binary);
        await peer.ExpectClosingAsync(CloseReason.BinaryRefused, resumes: true);
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_message_too_large_is_refused_however_it_is_split()
    {
        using var server = new TestServer(options: new EndpointOptions { MessageBytesMax = 2000 });
        var peer = await server.ReadyAsync();
        for (var i = 0; i < 300; i++)
        {
            await peer.SendAsync(Encoding.UTF8.GetBytes("0123456789"), WebSocketMessageType.Text, endOfMessage: i == 299);
        }

        await peer.ExpectClosingAsync(CloseReason.MessageTooLarge, resumes: true);
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task The_largest_message_allowed_is_handled_however_it_is_split()
    {
        using var server = new TestServer(options: new EndpointOptions { MessageBytesMax = 2000 });
        var peer = await server.ReadyAsync();
        const string Start = """{"t":"data","s":1,"id":"m1","b":""" + "\"";
        var message = Encoding.UTF8.GetBytes(Start + new string('x', 2000 - Start.Length - 2) + "\"}");
        Assert.Equal(2000, message.Length);
        for (var i = 0; i < 2000; i += 16)
        {
            await peer.SendAsync(message.AsMemory(i, 16), WebSocketMessageType.Text, endOfMessage: i == 1984);
        }

        Assert.Equal(2000 - Start.Length - 2 + 2, (await peer.AfterAcksAsync(FrameType.Data)).Payload.Length);
    }

    [Fact]
    public async Task The_first_reason_wins()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await peer.SendAsync("""[{"t":"data","s":5,"id":"x","b":1},{"t":"nonsense"}]""");
        await peer.ExpectClosingAsync(CloseReason.SequenceGap, resumes: true);
    }

    [Theory]
    [InlineData("{", "malformed_frame")]
    [InlineData("", "malformed_frame")]
    [InlineData("[]", "malformed_frame")]
    [InlineData("""{"t":"nonsense"}""", "unknown_frame")]
    [InlineData("""{"t":"ready"}""", "unknown_frame")]
    [InlineData("""{"t":"hello","v":1,"client":"c","instance":"i"}""", "hello_repeated")]
    [InlineData("""{"t":"data","s":0,"id":"x","b":1}""", "sequence_invalid")]
    [InlineData("""{"t":"data","s":-1,"id":"x","b":1}""", "sequence_invalid")]
    [InlineData("""{"t":"data","s":9007199254740992,"id":"x","b":1}""", "sequence_invalid")]
    [InlineData("""{"t":"data","s":2,"id":"x","b":1}""", "sequence_gap")]
    [InlineData("""[{"t":"data","s":1,"id":"x","b":1},{"t":"data","s":1,"id":"x","b":2}]""", "sequence_conflict")]
    [InlineData("""{"t":"ack","a":1}""", "ack_invalid")]
    [InlineData("""[{"t":"bye"},{"t":"data","s":1,"id":"x","b":1}]""", "bye")]
    public async Task Bad_input_after_ready_has_its_cause(string text, string cause)
    {
        using var server = new TestServer();
        var other = await server.ReadyAsync();
        var peer = await server.ReadyAsync();
        await peer.SendAsync(text);
        await peer.ExpectClosingAsync(CloseReason.All.Single(r => r.Cause == cause), resumes: true);
        await other.DataAsync(1, "1");
        await other.AfterAcksAsync(FrameType.Data);
        other.Stream.Cut();
        await other.EndedAsync();
        server.AssertNothingLeft();
    }

    [Theory]
    [InlineData("""{"t":"data","s":1,"id":"x","b":1}""", "hello_missing")]
    [InlineData("""{"t":"pong"}""", "hello_missing")]
    [InlineData("""{"t":"hello","v":2,"client":"c","instance":"i"}""", "malformed_frame")]
    public async Task Bad_input_before_hello_has_its_cause(string text, string cause)
    {
        using var server = new TestServer();
        var peer = await server.OpenAsync();
        await peer.SendAsync(text);
        await peer.ExpectClosingAsync(CloseReason.All.Single(r => r.Cause == cause));
        server.AssertNothingLeft();
    }

    [Theory]
    [InlineData("""{"t":"ack","a":0}""", "frame_out_of_phase")]
    [InlineData("""{"t":"stop","s":1}""", "frame_out_of_phase")]
    [InlineData("""{"t":"bye"}""", "frame_out_of_phase")]
    [InlineData("""{"t":"refresh","token":"x"}""", "refresh_invalid")]
    public async Task Bad_input_while_authenticating_has_its_cause(string text, string cause)
    {
        using var stage = await Stage.AtAsync(ConnectionState.Accepted, isAuthenticating: true);
        await stage.Peer.SendAsync(text);
        await stage.Peer.ExpectClosingAsync(CloseReason.All.Single(r => r.Cause == cause));
        stage.CompleteLate();
        stage.Server.AssertNothingLeft();
    }

    [Fact]
    public async Task Authentication_that_refuses_or_throws_closes_with_its_cause()
    {
        using var server = new TestServer
        {
            Authenticate = static (_, _, _, _) => new(AuthenticationOutcome.Refuse(CloseReason.TokenExpired)),
            Expects = [typeof(InvalidOperationException), typeof(NullReferenceException)],
        };
        var peer = await server.OpenAsync();
        await peer.HelloAsync();
        await peer.ExpectClosingAsync(CloseReason.TokenExpired);
        server.AssertNothingLeft();

        foreach (var broken in new Authenticate[] { static (_, _, _, _) => throw new InvalidOperationException("broken"), static (_, _, _, _) => new((AuthenticationOutcome)null!) })
        {
            server.Authenticate = broken;
            peer = await server.OpenAsync();
            await peer.HelloAsync();
            await peer.ExpectClosingAsync(CloseReason.InternalError);
        }

        Assert.Equal(0, server.Server.ConnectionCount);
        Assert.Equal(0, server.Endpoint.Scope.UserLimit.Count);
    }

    [Fact]
    public async Task A_store_that_fails_closes_for_now()
    {
        using var stage = await Stage.AtAsync(ConnectionState.Authenticated);
        stage.Server.Expects = [typeof(InvalidOperationException)];
        stage.Store.Attaching = Task.FromException(new InvalidOperationException("down"));
        stage.Server.Server.Gates.Report("agent", GateState.Open);
        await stage.Peer.ExpectClosingAsync(CloseReason.StoreUnavailable);
        Assert.Equal(0, stage.Server.Server.ConnectionCount);
        Assert.Equal(0, stage.Server.Endpoint.Scope.UserLimit.Count);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_the_close_is_cut_off()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await server.Server.Sessions.DisconnectAsync(SessionTarget.OfSession(peer.Ready.Session), TestContext.Current.CancellationToken);
        Assert.Equal((4204, "disconnected"), await peer.Closed);
        Assert.Equal(ConnectionState.Closing, server.Server.StateOf(peer.Id));
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await peer.EndedAsync();
        await server.Log.WaitForAsync(peer.Id, "DeadlineElapsed: Closing -> Failed");
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_connection_whose_end_is_in_the_log_is_no_longer_counted_and_its_request_goes_on_until_then()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        (int Count, bool HasEnded) then = (-1, true);
        server.Log.Throws = text =>
        {
            if (text.StartsWith($"Connection {peer.Id} ended", StringComparison.Ordinal))
            {
                // Time enough for a request that ends too early to be seen to; one that waits for the line is never late.
                then = (server.Server.ConnectionCount, ((IAsyncResult)peer.Running).AsyncWaitHandle.WaitOne(TimeSpan.FromMilliseconds(100)));
            }

            return false;
        };

        await server.Server.Sessions.DisconnectAsync(SessionTarget.OfSession(peer.Ready.Session), TestContext.Current.CancellationToken);
        await peer.Closed;
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await peer.EndedAsync();

        Assert.Equal((0, false), then);
        server.AssertNothingLeft();
    }
}
