using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Connections;

/// <summary>What the WebSocket layer refuses by itself, and what it reads without a word.</summary>
public sealed class ConnectionLayerTests
{
    public static TheoryData<string, byte[], int, string, string?> Refused => new()
    {
        { "no mask", [0x81, 0x04, 0x20, 0x20, 0x20, 0x20], 1002, "protocol_error", "FrameNotMasked" },
        { "reserved bit", Frame(0xC1), 1002, "protocol_error", "ReservedBitSet" },
        { "reserved opcode", Frame(0x83), 1002, "protocol_error", "OpcodeReserved" },
        { "reserved control opcode", Frame(0x8B), 1002, "protocol_error", "OpcodeReserved" },
        { "ping in fragments", Frame(0x09), 1002, "protocol_error", "ControlFrameFragmented" },
        { "long ping", Frame(0x89, new byte[126]), 1002, "protocol_error", "ControlFrameTooLong" },
        { "continuation of nothing", Frame(0x80, 1), 1002, "protocol_error", "ContinuationOfNothing" },
        { "message within a message", [.. Frame(0x01, 0x22), .. Frame(0x81, 0x22)], 1002, "protocol_error", "MessageWithinMessage" },
        { "negative length", [0x81, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], 1002, "protocol_error", "LengthNegative" },
        { "half a close code", Frame(0x88, 3), 1002, "close_invalid", "CloseCodeHalf" },
        { "half a close code, and not yet that", Frame(0x88, 3)[..^1], 1002, "close_invalid", "CloseCodeHalf" },
        { "half a close code within a message", [.. Frame(0x01, 0x22), .. Frame(0x88, 3)[..^1]], 1002, "close_invalid", "CloseCodeHalf" },
        { "close without a mask", [0x88, 0x02, 0x03, 0xE8], 1002, "protocol_error", "FrameNotMasked" },
        { "ping without a mask", [0x89, 0x00], 1002, "protocol_error", "FrameNotMasked" },
        { "pong without a mask within a message", [.. Frame(0x01, 0x22), 0x8A, 0x00], 1002, "protocol_error", "FrameNotMasked" },
        { "one byte of a forbidden frame", [0xF1], 1002, "protocol_error", "ReservedBitSet" },
        { "one byte of a reserved opcode", [0x87], 1002, "protocol_error", "OpcodeReserved" },
        { "a long ping's first two bytes", [0x89, 0xFE], 1002, "protocol_error", "ControlFrameTooLong" },
        { "a negative length without its mask", [0x81, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0], 1002, "protocol_error", "LengthNegative" },
        { "a negative length's first byte", [0x82, 0xFF, 0x80], 1002, "protocol_error", "LengthNegative" },
        { "close 0", Close(0), 1002, "close_invalid", "CloseCodeForbidden" },
        { "close 999", Close(999), 1002, "close_invalid", "CloseCodeForbidden" },
        { "close 1004", Close(1004), 1002, "close_invalid", "CloseCodeForbidden" },
        { "close 1005", Close(1005), 1002, "close_invalid", "CloseCodeForbidden" },
        { "close 1006", Close(1006), 1002, "close_invalid", "CloseCodeForbidden" },
        { "close 1015", Close(1015), 1002, "close_invalid", "CloseCodeForbidden" },
        { "close 2999", Close(2999), 1002, "close_invalid", "CloseCodeForbidden" },
        { "close 5000", Close(5000), 1002, "close_invalid", "CloseCodeForbidden" },
        { "close reason that is not UTF-8", Close(1000, 0xC3), 1002, "close_invalid", "CloseReasonNotUtf8" },
        { "text that is not UTF-8", Frame(0x81, 0x22, 0xC3, 0x28, 0x22), 1007, "invalid_utf8", null },
        { "text that ends within a character", Frame(0x81, 0x22, 0xC3), 1007, "invalid_utf8", null },
        { "not UTF-8 across fragments", [.. Frame(0x01, 0x22, 0xE2, 0x82), .. Frame(0x80, 0x22)], 1007, "invalid_utf8", null },
        { "not UTF-8, and a forbidden frame behind it", [.. Frame(0x81, 0xFF), .. Frame(0x83)], 1007, "invalid_utf8", null },
        { "not UTF-8, and a close behind it", [.. Frame(0x81, 0xFF), .. Close(1000)], 1007, "invalid_utf8", null },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_the_layer_refuses_has_the_cause_that_was_read(string what, byte[] bytes, int code, string cause, string? violation)
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var peer = await server.ReadyAsync();
        await peer.Stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        Assert.Equal((what, code), (what, (await peer.Closed).Code));
        await peer.EndedAsync();
        await server.Log.WaitForAsync(peer.Id, $"ended: {code} {cause}");
        Assert.Equal(violation is null ? [] : [$"Connection {peer.Id}: what the client sent breaks RFC 6455: {violation}"], server.Log.Lines.Where(static l => l.Text.Contains("breaks RFC", StringComparison.Ordinal)).Select(static l => l.Text));
        Assert.Equal([$"1 cause={cause} code={code} phase=processing_ready"], measures.Counts("airlock.connection.closes"));
        server.AssertNothingLeft();
        var next = await server.OpenAsync();
        await next.HelloAsync(TestPeer.Hello(peer.Resume(0)) with { Saw = [new SeenClose { Connection = peer.Id, Code = code }] });
        await next.NextAsync(FrameType.Authed);
        await next.NextAsync(FrameType.Ready);
        Assert.Equal((code, cause), (next.Ready.Previous!.Code, next.Ready.Previous.Cause));
        Assert.Equal([$"1 cause={cause} explanation=agreed"], measures.Counts("airlock.connection.closes.explained"));
    }

    [Fact]
    public async Task A_forbidden_frame_too_short_for_the_layer_is_read_all_the_same()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await peer.Stream.WriteAsync(new byte[] { 0x88, 0x00 }, TestContext.Current.CancellationToken);
        peer.Stream.EndOutgoing();
        await peer.EndedAsync();
        await server.Log.WaitForAsync(peer.Id, "ended: 1002 protocol_error");
        server.AssertNothingLeft();
    }

    [Theory]
    [InlineData(new byte[] { 0x83, 0x80, 1, 2, 3, 4 })]
    [InlineData(new byte[] { 0x81, 0x81, 0, 0, 0, 0, 0xFF })]
    public async Task Where_no_bytes_are_seen_the_cause_says_no_more_than_that_the_layer_refused(byte[] bytes)
    {
        using var server = new TestServer();
        var peer = server.Connect(isWatched: false);
        await peer.NextAsync(FrameType.Open);
        await peer.Stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        await peer.EndedAsync();
        await server.Log.WaitForAsync("ended: 1002 protocol_error");
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task Where_no_bytes_are_seen_whole_messages_are_heard_and_one_that_does_not_end_is_given_up_in_time()
    {
        using var server = new TestServer();
        var peer = server.Connect(isWatched: false);
        await peer.NextAsync(FrameType.Open);
        await peer.HelloAsync();
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        for (var s = 1; s <= 5; s++)
        {
            await server.AtRestAsync(peer);
            // Less than after what a silent client is asked; together more.
            server.Time.Advance(TimeSpan.FromSeconds(20));
            await peer.DataAsync(s, "1");
            await peer.AfterAcksAsync(FrameType.Data);
        }

        // 5 minutes for a message.
        for (var seconds = 0; seconds < 300; seconds += 20)
        {
            await peer.SendAsync(" "u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Text, endOfMessage: false);
            await TestServer.IsReadAsync(peer);
            await server.AtRestAsync(peer);
            Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));
            server.Time.Advance(TimeSpan.FromSeconds(20));
        }

        Assert.Equal(CloseReason.MessageTimeout.Cause, (await peer.Closed).Reason);
        peer.Stream.Cut();
        await peer.EndedAsync();
    }

    [Theory]
    [InlineData(1000, "1000")]
    [InlineData(1001, "1001")]
    [InlineData(1012, "1012")]
    [InlineData(1013, "1013")]
    [InlineData(1014, "1014")]
    [InlineData(3000, "other")]
    [InlineData(4242, "other")]
    [InlineData(4902, "4902")]
    [InlineData(4903, "4903")]
    [InlineData(4999, "other")]
    [InlineData(1005, "1005")]
    public async Task The_code_a_client_closes_with_stays_in_log_metric_and_previous(int code, string tag)
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var peer = await server.ReadyAsync();
        await peer.Stream.WriteAsync(code == 1005 ? Frame(0x88) : Close(code), TestContext.Current.CancellationToken);
        Assert.NotEqual(1006, (await peer.Closed).Code);
        peer.Stream.EndOutgoing();
        await peer.EndedAsync();
        await server.Log.WaitForAsync(peer.Id, $"ended: {code} client_closed");
        Assert.Equal([$"1 cause=client_closed code={tag} phase=processing_ready"], measures.Counts("airlock.connection.closes"));
        var next = await server.ReadyAsync(peer.Resume(0));
        Assert.Equal((code, "client_closed"), (next.Ready.Previous!.Code, next.Ready.Previous.Cause));
    }

    [Fact]
    public async Task One_slow_frame_is_no_silence()
    {
        using var server = new TestServer(options: new EndpointOptions { MessageBytesMax = 1 << 20 });
        var peer = await server.ReadyAsync();
        var text = System.Text.Encoding.UTF8.GetBytes($"{{\"t\":\"data\",\"s\":1,\"id\":\"m\",\"b\":\"{new string('x', 100_000)}\"}}");
        // 100 kB in 200 s: a piece of the one frame every 2 s.
        foreach (var piece in Frame(0x81, text).Chunk(1000))
        {
            await peer.Stream.WriteAsync(piece, TestContext.Current.CancellationToken);
            await TestServer.IsReadAsync(peer);
            server.Time.Advance(TimeSpan.FromSeconds(2));
        }

        // Nothing stands before the answer: it was not asked whether it is there.
        var frame = await peer.AfterAcksAsync(FrameType.Data);
        Assert.Equal(100_002, frame.Payload.Length);
    }

    [Theory]
    [InlineData(0x89)]
    [InlineData(0x8A)]
    public async Task Pings_and_pongs_of_the_layer_are_a_sign_of_life(int opcode)
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        for (var i = 0; i < 20; i++)
        {
            await peer.Stream.WriteAsync(Frame((byte)opcode, 1), TestContext.Current.CancellationToken);
            await TestServer.IsReadAsync(peer);
            server.Time.Advance(TimeSpan.FromSeconds(20));
        }

        Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await peer.NextAsync(FrameType.Ping);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_that_drips_ends_with_a_cause_of_its_own(bool isMessage)
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        // A message of one frame, or a ping between messages, a byte every ten seconds.
        var bytes = Frame((byte)(isMessage ? 0x81 : 0x89), new byte[100]);
        foreach (var b in bytes)
        {
            if (server.Server.StateOf(peer.Id) is not ConnectionState.ProcessingReady)
            {
                break;
            }

            await peer.Stream.WriteAsync(new[] { b }, TestContext.Current.CancellationToken);
            await TestServer.IsReadAsync(peer);
            server.Time.Advance(TimeSpan.FromSeconds(10));
        }

        Frame frame;
        do
        {
            frame = await peer.NextAsync();
        }
        while (frame.Type == FrameType.Ping);
        Assert.Equal("message_timeout", ((ClosingFrame)frame.Body!).Cause);
        Assert.Equal((4313, "message_timeout"), await peer.Closed);
        Assert.InRange(server.Server.Platform.Clock.Now, TimeSpan.FromMinutes(5).Ticks, TimeSpan.FromMinutes(6).Ticks);
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await peer.EndedAsync();
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task Many_messages_in_a_row_are_no_message_that_lasts()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        // Each read ends within the next message, for longer than one may take.
        var ping = Frame(0x8A, 1, 2, 3, 4);
        var stream = Enumerable.Repeat(ping, 100).SelectMany(static p => p).ToArray();
        await peer.Stream.WriteAsync(stream.AsMemory(0, 3), TestContext.Current.CancellationToken);
        for (var i = 0; i < 90; i++)
        {
            await TestServer.IsReadAsync(peer);
            server.Time.Advance(TimeSpan.FromSeconds(10));
            await peer.Stream.WriteAsync(stream.AsMemory(3 + (i * ping.Length), ping.Length), TestContext.Current.CancellationToken);
        }

        await TestServer.IsReadAsync(peer);
        Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));
    }

    private static byte[] Close(int code, params byte[] reason) => Frame(0x88, [(byte)(code >> 8), (byte)code, .. reason]);

    /// <summary>A client's frame, masked with zeros.</summary>
    private static byte[] Frame(byte first, params byte[] payload)
    {
        byte[] length = payload.Length < 126 ? [(byte)(0x80 | payload.Length)]
            : payload.Length < 65_536 ? [0xFE, (byte)(payload.Length >> 8), (byte)payload.Length]
            : [0xFF, 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length];
        return [first, .. length, 0, 0, 0, 0, .. payload];
    }
}
