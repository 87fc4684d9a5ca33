using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>The WebSocket of one link: one reader, one writer. What it reads goes to the driver; what it writes it asks the driver for.</summary>
/// <remarks>The application's callbacks and a WebSocket of its own are foreign code: each wait for them ends when the transport is aborted.</remarks>
internal sealed class Transport(ITransportOwner owner, Link link, Uri uri, AirlockClientOptions options)
{
    private readonly Signal _wake = new();
    private readonly Abandonment _abort = new(options.Spawner);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private WebSocket? _socket;
    private (int Code, string Cause)? _close;
    private ITimer? _closeTimeout;

    /// <summary>Completes when the connection is over and the driver was told how: soon after it is closed or aborted, at the latest <see cref="AirlockClientOptions.CloseTimeout"/> after <see cref="Close"/>.</summary>
    public Task Gone => _gone.Task;

    /// <summary>There is something to write.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Closes once everything is written; aborts if that and the peer's answer take too long. The first call counts.</summary>
    public void Close(int code, string cause)
    {
        lock (_lock)
        {
            if (_close is not null || _abort.IsNow)
            {
                return;
            }

            _close = (code, cause);
            if (_socket is not null)
            {
                _closeTimeout = options.TimeProvider.CreateTimer(static transport => ((Transport)transport!).Abort(), this, options.CloseTimeout, Timeout.InfiniteTimeSpan);
                _wake.Set();
                return;
            }
        }

        // Before the transport is open there is nothing to shake hands with.
        Abort();
    }

    /// <summary>Ends at once, whoever is waited for.</summary>
    public void Abort()
    {
        WebSocket? socket;
        lock (_lock)
        {
            _abort.Now();
            (socket, _socket) = (_socket, null);
            _closeTimeout?.Dispose();
        }

        _wake.Set();

        if (socket is not null)
        {
            Discard(socket);
        }
    }

    /// <summary>Connects, and serves the connection until it is closed. Never throws for what a peer, the network or foreign code does.</summary>
    public async Task RunAsync()
    {
        try
        {
            await ServeAsync();
        }
        finally
        {
            Abort();
            _gone.TrySetResult();
        }
    }

    private async Task ServeAsync()
    {
        var (socket, ending) = await ConnectAsync();
        if (socket is null)
        {
            owner.Ended(link, ending);
            return;
        }

        var (reading, writing) = (ReadAsync(socket), WriteAsync(socket));
        await _abort.UntilAsync(reading);
        ending = reading.IsCompleted ? await reading : Ending.Lost(null);
        owner.Ended(link, ending);
        if (ending.Clean)
        {
            // The peer's close is answered, unless the driver has closed already; the writer ends there.
            Close((int)WebSocketCloseStatus.NormalClosure, "");
            await _abort.UntilAsync(writing);
            if (writing.IsCompleted)
            {
                await writing;
            }
        }
    }

    private void Discard(WebSocket socket) => options.Spawner.Run(() =>
    {
        if (socket.State != WebSocketState.Closed)
        {
            socket.Abort();
        }

        socket.Dispose();
    });

    private async Task<(WebSocket? Socket, Ending Ending)> ConnectAsync()
    {
        Offer offer;
        try
        {
            offer = await owner.Credentials.AskAsync(link.Reason, _abort);
        }
        catch (Exception origin)
        {
            // The application's code: anything may come out of it.
            return (null, Ending.NoCredentials(origin));
        }

        owner.Offered(link, offer);
        WebSocketRequest request;
        try
        {
            request = RequestWith(offer);
        }
        catch (UriFormatException tooLong)
        {
            return (null, Ending.Misconfigured(tooLong, offer.Secret));
        }

        var opening = new Opening(options, owner.Cookies, owner.HasSession, offer);
        WebSocket? socket;
        Ending? why;
        try
        {
            (socket, why) = await _abort.AskAsync(cancellation => opening.OpenAsync(request, cancellation), late =>
            {
                if (late.Socket is { } socket)
                {
                    Discard(socket);
                }
            });
        }
        catch (OperationCanceledException) when (_abort.IsNow)
        {
            return (null, Ending.Lost(null));
        }

        if (socket is null)
        {
            return (null, why!);
        }

        lock (_lock)
        {
            if (!_abort.IsNow)
            {
                _socket = socket;
                return (socket, Ending.Lost(null));
            }
        }

        Discard(socket);
        return (null, Ending.Lost(null));
    }

    private WebSocketRequest RequestWith(Offer offer)
    {
        List<string> subProtocols = [Protocol.Name];
        var headers = new Dictionary<string, string>();
        var address = uri;
        switch (offer.Carrier)
        {
            case "subprotocol":
                subProtocols.Add(Protocol.TokenPrefix + offer.Secret);
                break;
            case "authorization":
                headers.Add("Authorization", "Bearer " + offer.Secret);
                break;
            case "ticket":
                var query = uri.Query.Length > 1 ? uri.Query[1..] + "&" : "";
                address = new UriBuilder(uri) { Query = $"{query}ticket={Uri.EscapeDataString(offer.Secret)}" }.Uri;
                break;
            default:
                break;
        }

        return new WebSocketRequest(link.Number, address, subProtocols, headers);
    }

    private async Task<Ending> ReadAsync(WebSocket socket)
    {
        var buffer = new byte[4096];
        var count = 0;
        while (true)
        {
            ValueWebSocketReceiveResult result;
            try
            {
                result = await socket.ReceiveAsync(buffer.AsMemory(count), CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return Ending.Of((int?)socket.CloseStatus ?? 1005, socket.CloseStatusDescription);
                }
            }
            catch (WebSocketException broken) when (broken.WebSocketErrorCode == WebSocketError.Faulted)
            {
                return Ending.Refused(broken);
            }
            catch (Exception origin)
            {
                // WebSocketException and IOException of the platform's; anything of a foreign WebSocket.
                return Ending.Lost(origin);
            }

            count += result.Count;
            if (result.MessageType == WebSocketMessageType.Binary || count > WireLimits.ServerMessageBytesMax)
            {
                owner.Violated(link, result.MessageType == WebSocketMessageType.Binary ? "A message was binary." : $"A message was larger than {WireLimits.ServerMessageBytesMax} bytes.");
                count = 0;
            }
            else if (result.EndOfMessage)
            {
                owner.Received(link, buffer.AsMemory(0, count));
                count = 0;
            }
            else
            {
                // A slow message is no silence.
                owner.Heard(link);
            }

            if (count == buffer.Length)
            {
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, WireLimits.ServerMessageBytesMax + 1));
            }
        }
    }

    private async Task WriteAsync(WebSocket socket)
    {
        using var writer = new FrameWriter();
        while (!_abort.IsNow)
        {
            var isData = owner.Fill(link, writer);
            if (!isData && _close is null)
            {
                await _wake.WaitAsync();
                continue;
            }

            try
            {
                if (isData)
                {
                    await socket.SendAsync(writer.Finish(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                }
                else
                {
                    var (code, cause) = _close!.Value;
                    await socket.CloseOutputAsync((WebSocketCloseStatus)code, cause, CancellationToken.None);
                    return;
                }
            }
            catch (Exception)
            {
                // The reader learns of it and tells why. Without this a half of the transport could stay open, and nobody would write to it.
                options.Spawner.Run(socket.Abort);
                return;
            }
        }
    }
}
