using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Airlock.Core;

namespace Airlock.AspNetCore.Tests;

/// <summary>A client that speaks frames by hand, and checks that each message of the server is one that the protocol knows.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Queue<JsonObject> _frames = new();
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private static readonly TimeSpan _patience = Patience.Max;

    internal ClientWebSocket Socket => _socket;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    internal static async Task<Peer> ConnectAsync(Uri uri, Action<ClientWebSocketOptions>? configure = null, string? protocol = Protocol.Name, HttpMessageInvoker? invoker = null)
    {
        var peer = new Peer();
        await peer.StartAsync(uri, configure, protocol, invoker);
        return peer;
    }

    /// <summary>Connects where the answer is an HTTP status, and gives that.</summary>
    internal static async Task<int> RefusedAsync(Uri uri, Action<ClientWebSocketOptions>? configure = null, string? protocol = Protocol.Name)
    {
        using var peer = new Peer();
        await Assert.ThrowsAsync<WebSocketException>(() => peer.StartAsync(uri, configure, protocol, null));
        // Each refusal names its cause where a client that is shown no body can read it.
        Assert.NotEmpty(Assert.Single(peer._socket.HttpResponseHeaders!["Airlock-Cause"]));
        return (int)peer._socket.HttpStatusCode;
    }

    /// <summary>Connects and walks to ready.</summary>
    internal static async Task<Peer> ReadyAsync(Uri uri, string? token = null, Action<ClientWebSocketOptions>? configure = null)
    {
        var peer = await ConnectAsync(uri, configure);
        await peer.HelloAsync(token);
        peer.Ready = await peer.NextAsync("ready");
        return peer;
    }

    /// <summary>The <c>ready</c> frame, once <see cref="ReadyAsync"/> has seen it.</summary>
    internal JsonObject Ready { get; private set; } = [];

    internal string Session => (string)Ready["session"]!;

    /// <summary>The connection's id, once <c>open</c> has been read.</summary>
    internal string Connection { get; private set; } = "";

    internal static string Hello(string? token = null, string? resume = null, string? ticket = null)
    {
        var auth = token is not null ? $$""","auth":{"token":"{{token}}"}""" : ticket is not null ? $$""","auth":{"ticket":"{{ticket}}"}""" : "";
        return $$"""{"t":"hello","v":1,"client":"test/1","instance":"i1"{{auth}}{{(resume is null ? "" : $",\"resume\":{resume}")}}}""";
    }

    internal static string Resume(string session, long attempt, long received, string? proof = null) =>
        $$"""{"session":"{{session}}","attempt":{{attempt}},"received":{{received}}{{(proof is null ? "" : $",\"proof\":\"{proof}\"")}}}""";

    internal static string Data(long sequence, string json, string? id = null) => $$"""{"t":"data","s":{{sequence}},"id":"{{id ?? $"m{sequence}"}}","b":{{json}}}""";

    internal Task HelloAsync(string? token = null, string? resume = null, string? ticket = null) => SendAsync(Hello(token, resume, ticket));

    internal async Task<JsonObject> ReadyAfterAsync(string? token, string resume)
    {
        await HelloAsync(token, resume);
        return Ready = await NextAsync("ready");
    }

    internal Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    internal async Task SendAsync(byte[] message, WebSocketMessageType type) => await _socket.SendAsync(message, type, true, Cancelled).WaitAsync(_patience, Cancelled);

    /// <summary>The next frame of a type; others before it are passed over, a close fails.</summary>
    internal async Task<JsonObject> NextAsync(string type)
    {
        while (true)
        {
            var frame = await NextAsync() ?? throw new InvalidOperationException($"The connection closed with {_socket.CloseStatus} {_socket.CloseStatusDescription} before a frame '{type}'.");
            if ((string)frame["t"]! == type)
            {
                return frame;
            }

            Assert.True((string)frame["t"]! != "closing", $"Waiting for '{type}': {frame.ToJsonString()}");
        }
    }

    /// <summary>The next frame; null when the close comes.</summary>
    internal async Task<JsonObject?> NextAsync()
    {
        while (_frames.Count == 0)
        {
            if (await TextAsync() is not { } text)
            {
                return null;
            }

            CheckFrames(text);
            foreach (var frame in JsonNode.Parse(text) is JsonArray several ? several.Select(static f => f!.AsObject()) : [JsonNode.Parse(text)!.AsObject()])
            {
                _frames.Enqueue(frame);
            }
        }

        var next = _frames.Dequeue();
        if ((string)next["t"]! == "open")
        {
            Connection = (string)next["connection"]!;
        }

        return next;
    }

    /// <summary>The next message as it is; null when the close comes.</summary>
    internal async Task<string?> TextAsync()
    {
        var message = new MemoryStream();
        while (true)
        {
            var part = await _socket.ReceiveAsync(_buffer.AsMemory(), Cancelled).AsTask().WaitAsync(_patience, Cancelled);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(_buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                return Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length);
            }
        }
    }

    /// <summary>Reads to the end: the <c>closing</c> frame and the close must say the same.</summary>
    internal async Task<JsonObject> ClosingAsync()
    {
        JsonObject? last = null;
        while (await NextAsync() is { } frame)
        {
            last = frame;
        }

        Assert.NotNull(last);
        Assert.Equal("closing", (string)last["t"]!);
        Assert.Equal((int)last["code"]!, (int)_socket.CloseStatus!.Value);
        Assert.Equal((string)last["cause"]!, _socket.CloseStatusDescription);
        return last;
    }

    /// <summary>Reads to the end, which must have this reason.</summary>
    internal async Task<JsonObject> ClosesWithAsync(CloseReason reason, bool hasSession = false)
    {
        var closing = await ClosingAsync();
        Assert.Equal((reason.Cause, reason.CodeFor(hasSession)), ((string)closing["cause"]!, (int)closing["code"]!));
        return closing;
    }

    /// <summary>Shows that it is served as ever: sends the next message and gets it back.</summary>
    internal async Task EchoAsync(long sequence, string json = "\"still here\"")
    {
        await SendAsync(Data(sequence, json, Guid.NewGuid().ToString()));
        Assert.Equal(json, (await NextAsync("data"))["b"]!.ToJsonString());
    }

    internal async Task CloseAsync()
    {
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "client_closed", Cancelled);
        while (_socket.State == WebSocketState.CloseSent && await NextAsync() is not null)
        {
        }
    }

    public void Dispose()
    {
        _socket.Abort();
        _socket.Dispose();
    }

    private async Task StartAsync(Uri uri, Action<ClientWebSocketOptions>? configure, string? protocol, HttpMessageInvoker? invoker)
    {
        _socket.Options.CollectHttpResponseDetails = true;
        _socket.Options.KeepAliveInterval = TimeSpan.Zero;
        if (protocol is not null)
        {
            _socket.Options.AddSubProtocol(protocol);
        }

        configure?.Invoke(_socket.Options);
        await _socket.ConnectAsync(uri, invoker, Cancelled).WaitAsync(_patience, Cancelled);
    }

    private static void CheckFrames(string text)
    {
        var reader = new FrameReader(Encoding.UTF8.GetBytes(text), fromServer: true);
        var count = 0;
        while (reader.TryRead(out _))
        {
            count++;
        }

        Assert.True(reader.Error is null && count > 0, $"{reader.Error}: {text}");
    }
}
