using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Airlock.Core;

namespace Airlock.Tests.Harness;

/// <summary>A client that says exactly what a test tells it to, and keeps what it hears.</summary>
internal sealed class TestPeer
{
    private readonly Channel<byte[]> _messages = Channel.CreateUnbounded<byte[]>();
    private readonly Queue<Frame> _frames = new();
    private readonly TaskCompletionSource<(int Code, string? Reason)> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TestPeer(LinkStream stream, TestUpgrade upgrade, bool reads)
    {
        Stream = stream;
        Upgrade = upgrade;
        Socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero });
        if (reads)
        {
            StartReading();
        }
    }

    public LinkStream Stream { get; }

    public TestUpgrade Upgrade { get; }

    public WebSocket Socket { get; }

    /// <summary>The server's side of the connection; completes when it has ended.</summary>
    public required Task Running { get; set; }

    /// <summary>The close code and reason heard; 1006 if the stream ended without.</summary>
    public Task<(int Code, string? Reason)> Closed => _closed.Task.WaitAsync(TestServer.Patience);

    public OpenFrame Open { get; private set; } = null!;

    public ReadyFrame Ready { get; private set; } = null!;

    public string Id => Open.Connection;

    public void StartReading() => _ = ReadAsync();

    /// <summary>The next frame, whatever it is.</summary>
    public async Task<Frame> NextAsync()
    {
        while (_frames.Count == 0)
        {
            Parse(await NextMessageAsync());
        }

        var frame = _frames.Dequeue();
        Open = frame.Body as OpenFrame ?? Open;
        Ready = frame.Body as ReadyFrame ?? Ready;
        return frame;
    }

    /// <summary>The next frame, which must be of this type.</summary>
    public async Task<Frame> NextAsync(FrameType type)
    {
        var frame = await NextAsync();
        Assert.True(frame.Type == type, $"Expected {type}, got {Describe(frame)}.");
        return frame;
    }

    /// <summary>The next frame of this type; acks before it are passed over.</summary>
    public async Task<Frame> AfterAcksAsync(FrameType type)
    {
        Frame frame;
        do
        {
            frame = await NextAsync();
        }
        while (frame.Type == FrameType.Ack);
        Assert.True(frame.Type == type, $"Expected {type}, got {Describe(frame)}.");
        return frame;
    }

    /// <summary>Reads up to a frame that says that everything up to a number is done.</summary>
    public async Task<List<Frame>> UntilDoneAsync(long done)
    {
        var frames = new List<Frame>();
        do
        {
            frames.Add(await NextAsync());
        }
        while (!(frames[^1].Done >= done));
        return frames;
    }

    /// <summary>The frames up to the end of the stream.</summary>
    public async Task<List<Frame>> RestAsync()
    {
        await Closed;
        while (_messages.Reader.TryRead(out var message))
        {
            Parse(message);
        }

        var rest = _frames.ToList();
        _frames.Clear();
        return rest;
    }

    /// <summary>The next whole message: the way to read in plain mode.</summary>
    public async Task<byte[]> NextMessageAsync() => await _messages.Reader.ReadAsync().AsTask().WaitAsync(TestServer.Patience);

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendAsync(ReadOnlyMemory<byte> bytes, WebSocketMessageType type, bool endOfMessage = true) =>
        Socket.SendAsync(bytes, type, endOfMessage, CancellationToken.None).AsTask().WaitAsync(TestServer.Patience);

    public Task SendAsync(Action<FrameWriter> write)
    {
        using var writer = new FrameWriter();
        writer.Begin();
        write(writer);
        return SendAsync(writer.Finish().ToArray(), WebSocketMessageType.Text);
    }

    public Task HelloAsync(ResumeRequest? resume = null, string? token = null) => SendAsync(writer => writer.Write(Hello(resume, token)));

    public Task HelloAsync(HelloFrame hello) => SendAsync(writer => writer.Write(hello));

    public static HelloFrame Hello(ResumeRequest? resume = null, string? token = null) =>
        new() { Version = 1, Client = "test/1", Instance = "i", Resume = resume, Auth = token is null ? null : new HelloCredentials { Token = token } };

    public Task DataAsync(long sequence, string payload, string? id = null, long? acked = null, string? traceParent = null) =>
        SendAsync(writer => writer.WriteData(sequence, id ?? $"m{sequence}", Encoding.UTF8.GetBytes(payload), acked, traceParent));

    public Task AckAsync(long sequence) => SendAsync(writer => writer.WriteAck(sequence));

    public Task StopAsync(long sequence) => SendAsync(writer => writer.WriteStop(sequence));

    public Task ByeAsync() => SendAsync(writer => writer.Write(FrameType.Bye));

    public Task CloseAsync(int code = 1000, string reason = "") => Socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, CancellationToken.None);

    /// <summary>The wish to resume the session this peer was given.</summary>
    public ResumeRequest Resume(long received, long? attempt = null) => new() { Session = Ready.Session, Attempt = attempt ?? (Ready.Attempt + 1), Received = received };

    /// <summary>Expects <c>closing</c> and the close with this cause, then the end of the server's side.</summary>
    public async Task<ClosingFrame> ExpectClosingAsync(CloseReason reason, bool resumes = false)
    {
        Frame frame;
        do
        {
            frame = await NextAsync();
        }
        while (frame.Type != FrameType.Closing);
        var closing = (ClosingFrame)frame.Body!;
        Assert.Equal((reason.CodeFor(resumes), reason.Cause), (closing.Code, closing.Cause));
        Assert.Equal((closing.Code, closing.Cause), await Closed);
        try
        {
            await CloseAsync(closing.Code is >= 1000 and < 5000 ? closing.Code : 1000);
        }
        catch (WebSocketException)
        {
            // Where a test lets time pass until it sees the close, the server's deadline for the answer may be over by then: the line is cut.
        }

        await EndedAsync();
        return closing;
    }

    public Task EndedAsync() => Running.WaitAsync(TestServer.Patience);

    public static string TextOf(Frame frame) => Encoding.UTF8.GetString(frame.Payload.Span);

    public static string Describe(Frame frame) =>
        $"{frame.Type} s={frame.Sequence} a={frame.Acked} d={frame.Done} re={frame.Re} try={frame.Try} p={frame.Provisional} {TextOf(frame)} {frame.Cause} {frame.Body}";

    private void Parse(byte[] message)
    {
        Assert.InRange(message.Length, 1, WireLimits.ServerMessageBytesMax);
        var frames = 0;
        var reader = new FrameReader(message, fromServer: true);
        while (reader.TryRead(out var frame))
        {
            Assert.InRange(++frames, 1, WireLimits.FramesMax);
            _frames.Enqueue(frame);
        }

        Assert.True(reader.Error is null, $"The server sent a bad message: {Encoding.UTF8.GetString(message)}");
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[32 * 1024];
        var whole = new MemoryStream();
        try
        {
            while (true)
            {
                var received = await Socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    _closed.TrySetResult(((int)Socket.CloseStatus!.Value, Socket.CloseStatusDescription));
                    return;
                }

                whole.Write(buffer, 0, received.Count);
                if (received.EndOfMessage)
                {
                    _messages.Writer.TryWrite(whole.ToArray());
                    whole.SetLength(0);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            _closed.TrySetResult((1006, null));
        }
        finally
        {
            _messages.Writer.TryComplete();
        }
    }
}
