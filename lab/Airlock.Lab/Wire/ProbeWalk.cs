using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text;
using Airlock.Core;

namespace Airlock.Lab.Wire;

/// <summary>One walk of the golden path, with the time of each phase. It reads frames itself, so that it can tell where it stands.</summary>
internal sealed class ProbeWalk(ProbeOptions options) : IDisposable
{
    private static readonly TimeSpan _patienceWithStrangers = TimeSpan.FromSeconds(2);
    private readonly ClientWebSocket _socket = new();
    private readonly FrameWriter _writer = new();
    private readonly Queue<Frame> _frames = new();
    private long _since;
    private long _received;

    /// <summary>Where it stands.</summary>
    public ProbePhase Phase { get; private set; } = ProbePhase.Credentials;

    /// <summary>How long each phase took, in milliseconds.</summary>
    public Dictionary<ProbePhase, double> Times { get; } = [];

    /// <summary>Why it failed; null if it came to its end.</summary>
    public string? Failure { get; private set; }

    /// <summary>Close code or HTTP status and cause of its end; null if there was none.</summary>
    public string? End { get; private set; }

    /// <summary>Credentials that arrived with the request, as the server says.</summary>
    public IReadOnlyList<string> Carriers { get; private set; } = [];

    /// <summary>Whether the server has selected Airlock's sub-protocol.</summary>
    public bool SpeaksAirlock { get; private set; }

    /// <summary>Whether the answer to the upgrade came within the way it went: from then on the server coordinates.</summary>
    public bool IsUpgraded => Times.ContainsKey(ProbePhase.Upgrade);

    /// <summary>Walks to the end of a phase.</summary>
    /// <param name="credentialsOf">Fetches what it shows.</param>
    /// <param name="last">The last phase.</param>
    /// <param name="cancellationToken">Ctrl-C.</param>
    public async Task RunAsync(Func<CancellationToken, Task<ProbeCredentials>> credentialsOf, ProbePhase last, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _since = TimeProvider.System.GetTimestamp();
        try
        {
            limit.CancelAfter(options.PhaseTimeout);
            var credentials = await credentialsOf(limit.Token);
            Enter(ProbePhase.Connect, limit);
            await ConnectAsync(credentials, limit);
            SpeaksAirlock = _socket.SubProtocol == Protocol.Name;
            if (last > ProbePhase.Upgrade && !SpeaksAirlock)
            {
                throw new WireException($"it takes WebSockets and does not speak {Protocol.Name}: it selected {(string.IsNullOrEmpty(_socket.SubProtocol) ? "no sub-protocol" : _socket.SubProtocol)}; {await HearAsync(limit)}");
            }

            Enter(ProbePhase.Open, limit);
            if (last <= ProbePhase.Upgrade)
            {
                return;
            }

            Carriers = ((OpenFrame)(await NextAsync(FrameType.Open, limit.Token)).Body!).Carriers;
            Enter(ProbePhase.Authenticated, limit);
            if (last <= ProbePhase.Open)
            {
                return;
            }

            await SendAsync(writer => writer.Write(new HelloFrame { Version = Protocol.Version, Client = "airlock-lab/1", Instance = Guid.NewGuid().ToString("n"), Sent = credentials.Sent, Auth = credentials.InHello }), limit.Token);
            await NextAsync(FrameType.Authed, limit.Token);
            Enter(ProbePhase.Ready, limit);
            await NextAsync(FrameType.Ready, limit.Token);
            Enter(ProbePhase.FirstEvent, limit);
            await AskAsync(limit);
            await SendAsync(static writer => writer.Write(FrameType.Bye), limit.Token);
            await NextAsync(null, limit.Token);
        }
        catch (ProbeEndedException e) when (Phase == ProbePhase.Closed && e.Code == 1000)
        {
            (End, Times[Phase]) = (e.Message, TimeProvider.System.GetElapsedTime(_since).TotalMilliseconds);
        }
        catch (ProbeEndedException e)
        {
            (End, Failure) = (e.Message, e.Message);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or SocketException or InvalidOperationException or WireException)
        {
            Failure = Words(e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Failure = $"nothing came for {options.PhaseTimeout.TotalSeconds:0} s";
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _writer.Dispose();
    }

    private void Enter(ProbePhase next, CancellationTokenSource limit)
    {
        var now = TimeProvider.System.GetTimestamp();
        Times[Phase] = TimeProvider.System.GetElapsedTime(_since, now).TotalMilliseconds;
        (Phase, _since) = (next, now);
        limit.CancelAfter(options.PhaseTimeout);
    }

    private async Task ConnectAsync(ProbeCredentials credentials, CancellationTokenSource limit)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(context.DnsEndPoint, cancel);
                    Enter(ProbePhase.Upgrade, limit);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        using var invoker = new HttpMessageInvoker(handler);
        _socket.Options.CollectHttpResponseDetails = true;
        _socket.Options.AddSubProtocol(Protocol.Name);
        foreach (var protocol in credentials.SubProtocols)
        {
            _socket.Options.AddSubProtocol(protocol);
        }

        foreach (var (name, value) in credentials.Headers)
        {
            _socket.Options.SetRequestHeader(name, value);
        }

        try
        {
            await _socket.ConnectAsync(credentials.AddressOf(options.Url), invoker, limit.Token);
        }
        catch (WebSocketException) when (_socket.HttpStatusCode > 0 && _socket.HttpStatusCode != HttpStatusCode.SwitchingProtocols)
        {
            throw new ProbeEndedException((int)_socket.HttpStatusCode, $"HTTP {(int)_socket.HttpStatusCode} {CauseOfRefusal()}".TrimEnd());
        }
    }

    // Airlock says why it refuses an upgrade, where the platform lets a client see it.
    private string CauseOfRefusal() =>
        _socket.HttpResponseHeaders?.FirstOrDefault(static header => header.Key.Equals("Airlock-Cause", StringComparison.OrdinalIgnoreCase)).Value is { } causes ? string.Join(", ", causes) : "";

    /// <summary>What a server of another protocol says of its own accord.</summary>
    private async Task<string> HearAsync(CancellationTokenSource limit)
    {
        limit.CancelAfter(_patienceWithStrangers);
        var buffer = new byte[1024];
        try
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
            return read.MessageType == WebSocketMessageType.Close ? $"then it closed with {(int)(_socket.CloseStatus ?? WebSocketCloseStatus.Empty)} {_socket.CloseStatusDescription}".TrimEnd()
                : read.MessageType == WebSocketMessageType.Binary ? $"it said {read.Count} bytes of binary first"
                : $"it said first: {Encoding.UTF8.GetString(buffer, 0, Math.Min(read.Count, 80))}{(read.Count > 80 || !read.EndOfMessage ? "..." : "")}";
        }
        catch (WebSocketException)
        {
            return "then it cut the connection";
        }
        catch (OperationCanceledException)
        {
            return $"it said nothing for {_patienceWithStrangers.TotalSeconds:0} s";
        }
    }

    private async Task AskAsync(CancellationTokenSource limit)
    {
        await SendAsync(writer => writer.WriteData(1, Guid.NewGuid().ToString("n"), Encoding.UTF8.GetBytes(options.Message)), limit.Token);
        var isDone = false;
        while (!isDone)
        {
            var frame = await NextAsync(null, limit.Token);
            if (frame.Type == FrameType.Nack)
            {
                throw new WireException($"The message was refused: {frame.Cause}.");
            }

            if (frame is { Type: FrameType.Data, Re: 1 } && Phase == ProbePhase.FirstEvent)
            {
                Enter(ProbePhase.Answered, limit);
            }

            isDone = frame.Done >= 1;
            if (frame.Sequence > _received)
            {
                _received = frame.Sequence;
                // What is left of this message of the transport is read first: one acknowledgement for all of it.
                if (_frames.Count == 0 || isDone)
                {
                    await SendAsync(writer => writer.WriteAck(_received), limit.Token);
                }
            }
        }

        if (Phase == ProbePhase.FirstEvent)
        {
            Enter(ProbePhase.Answered, limit);
        }

        Enter(ProbePhase.Closed, limit);
    }

    private async Task SendAsync(Action<FrameWriter> write, CancellationToken cancellationToken)
    {
        _writer.Begin();
        write(_writer);
        await _socket.SendAsync(_writer.Finish(), WebSocketMessageType.Text, true, cancellationToken);
    }

    /// <summary>The next frame of a type, or the next of any.</summary>
    private async Task<Frame> NextAsync(FrameType? type, CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_frames.TryDequeue(out var frame))
            {
                switch (frame.Type)
                {
                    case FrameType.Closing:
                        var closing = (ClosingFrame)frame.Body!;
                        throw new ProbeEndedException(closing.Code, $"{closing.Code} {closing.Cause}");
                    case FrameType.Ping:
                        await SendAsync(static writer => writer.Write(FrameType.Pong), cancellationToken);
                        break;
                    case var any when type is null || any == type:
                        return frame;
                }
            }

            await ReceiveAsync(cancellationToken);
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        // Payloads are slices of it, so each message has its own.
        var buffer = new byte[16 * 1024];
        var length = 0;
        ValueWebSocketReceiveResult read;
        do
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, length * 2);
            }

            read = await _socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                throw new ProbeEndedException((int)(_socket.CloseStatus ?? WebSocketCloseStatus.Empty), $"{(int)(_socket.CloseStatus ?? WebSocketCloseStatus.Empty)} {_socket.CloseStatusDescription}".TrimEnd());
            }

            length += read.Count;
        }
        while (!read.EndOfMessage);

        Parse(buffer.AsMemory(0, length));
    }

    private void Parse(ReadOnlyMemory<byte> message)
    {
        var reader = new FrameReader(message, fromServer: true);
        while (reader.TryRead(out var frame))
        {
            _frames.Enqueue(frame);
        }

        if (reader.Error is { } error)
        {
            throw new WireException($"The server sent what is no frame: {error.Cause}.");
        }
    }

    private static string Words(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SocketException socket:
                    return socket.Message;
                case AuthenticationException tls:
                    return $"TLS: {tls.Message}";
            }
        }

        return e.Message;
    }

    private sealed class ProbeEndedException(int code, string message) : Exception(message)
    {
        public int Code => code;
    }
}
