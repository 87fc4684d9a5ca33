using System.Globalization;
using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>The WebSocket of one link: one reader, one writer. What it reads goes to the driver; what it writes it asks the driver for.</summary>
internal sealed class Transport(Driver driver, Link link, Uri uri, AirlockClientOptions options) : IDisposable
{
    private readonly Signal _wake = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly Lock _lock = new();
    private (int Code, string Cause)? _close;
    private CancellationTokenSource? _closeTimeout;
    private bool _over;

    /// <summary>There is something to write.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Closes once everything is written; aborts if that and the peer's answer take too long. The first call counts.</summary>
    public void Close(int code, string cause)
    {
        lock (_lock)
        {
            if (_close is not null || _over)
            {
                return;
            }

            _close = (code, cause);
            // Before the transport is open there is nothing to shake hands with.
            _closeTimeout = new CancellationTokenSource(link.Offer is null ? TimeSpan.Zero : options.CloseTimeout, options.TimeProvider);
            _closeTimeout.Token.UnsafeRegister(static abort => Abort((CancellationTokenSource)abort!), _abort);
        }

        _wake.Set();
    }

    /// <summary>Connects, and serves the connection until it is closed. Never throws for what a peer or the network does.</summary>
    public async Task RunAsync()
    {
        using var socket = new ClientWebSocket();
        var ending = await ConnectAsync(socket);
        if (ending is null)
        {
            var cancelling = _abort.Token.UnsafeRegister(static socket => ((ClientWebSocket)socket!).Abort(), socket);
            var writing = WriteAsync(socket);
            ending = await ReadAsync(socket);
            driver.Ended(link, ending);
            if (!ending.Clean)
            {
                socket.Abort();
            }

            // A driver that was told answers with Close; the writer ends there.
            Close((int)WebSocketCloseStatus.NormalClosure, "");
            await writing;
            await cancelling.DisposeAsync();
        }
        else
        {
            driver.Ended(link, ending);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _over = true;
        }

        // First the timer, which cancels the other.
        _closeTimeout?.Dispose();
        _abort.Dispose();
    }

    private static void Abort(CancellationTokenSource abort)
    {
        try
        {
            abort.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The transport ended at this very moment.
        }
    }

    private async Task<Ending?> ConnectAsync(ClientWebSocket socket)
    {
        Offer offer;
        try
        {
            offer = Offer.Of(
                options.Token is { } token ? await token(_abort.Token) : null,
                options.Ticket is { } ticket ? await ticket(_abort.Token) : null,
                options.CredentialsIn);
        }
        catch (Exception origin)
        {
            // The application's code: anything may come out of it.
            return Ending.NoCredentials(origin);
        }

        try
        {
            Configure(socket, offer);
        }
        catch (Exception origin)
        {
            return Ending.Misconfigured(origin);
        }

        try
        {
            await socket.ConnectAsync(AddressWith(offer), options.HttpInvoker, _abort.Token);
        }
        catch (WebSocketException unsupported) when (unsupported.WebSocketErrorCode == WebSocketError.UnsupportedProtocol)
        {
            // The exception's text quotes what was offered, and that may be a token.
            return Ending.Violated("The server selected a sub-protocol that was not offered.");
        }
        catch (Exception origin) when (origin is WebSocketException or HttpRequestException or IOException or OperationCanceledException)
        {
            return (int)socket.HttpStatusCode is var status && status is 0 or 101
                ? Ending.Lost(origin)
                : Ending.Refused(status, driver.HasSession, offer.Carrier is not null, RetryAfter(socket), origin);
        }

        socket.HttpResponseHeaders = null;
        if (socket.SubProtocol != Protocol.Name)
        {
            return Ending.Violated($"The server did not select the sub-protocol {Protocol.Name}.");
        }

        driver.Connected(link, offer);
        return null;
    }

    private void Configure(ClientWebSocket socket, Offer offer)
    {
        options.ConfigureWebSocket?.Invoke(socket.Options);
        if (options.HttpInvoker is null)
        {
            // An anonymous user is known again by a cookie; without it every connection would be somebody else's.
            socket.Options.Cookies ??= driver.Cookies;
        }

        socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol(Protocol.Name);
        switch (offer.Carrier)
        {
            case "subprotocol":
                socket.Options.AddSubProtocol(Protocol.TokenPrefix + offer.Secret);
                break;
            case "authorization":
                socket.Options.SetRequestHeader("Authorization", "Bearer " + offer.Secret);
                break;
            default:
                break;
        }
    }

    private Uri AddressWith(Offer offer)
    {
        if (offer.Carrier != "ticket")
        {
            return uri;
        }

        var query = uri.Query.Length > 1 ? uri.Query[1..] + "&" : "";
        return new UriBuilder(uri) { Query = $"{query}ticket={Uri.EscapeDataString(offer.Secret)}" }.Uri;
    }

    private TimeSpan? RetryAfter(ClientWebSocket socket)
    {
        var value = socket.HttpResponseHeaders?.FirstOrDefault(static header => header.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault();
        var wait = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at - options.TimeProvider.GetUtcNow()
            : (TimeSpan?)null;
        return wait is { } hint ? TimeSpan.FromTicks(Math.Clamp(hint.Ticks, 0, TimeSpan.TicksPerDay)) : null;
    }

    private async Task<Ending> ReadAsync(ClientWebSocket socket)
    {
        var buffer = new byte[4096];
        var count = 0;
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer.AsMemory(count), CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return Ending.Of((int?)socket.CloseStatus ?? 1005, socket.CloseStatusDescription);
                }

                count += result.Count;
                if (result.MessageType == WebSocketMessageType.Binary || count > WireLimits.ServerMessageBytesMax)
                {
                    driver.Violated(link, result.MessageType == WebSocketMessageType.Binary ? "A message was binary." : $"A message was larger than {WireLimits.ServerMessageBytesMax} bytes.");
                    count = 0;
                }
                else if (result.EndOfMessage)
                {
                    driver.Received(link, buffer.AsMemory(0, count));
                    count = 0;
                }
                else if (count == buffer.Length)
                {
                    Array.Resize(ref buffer, Math.Min(buffer.Length * 2, WireLimits.ServerMessageBytesMax + 1));
                }
            }
        }
        catch (WebSocketException broken) when (broken.WebSocketErrorCode == WebSocketError.Faulted)
        {
            driver.Violated(link, "The WebSocket's own rules were broken: " + broken.Message);
            return Ending.Lost(broken);
        }
        catch (Exception origin) when (origin is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            return Ending.Lost(origin);
        }
    }

    private async Task WriteAsync(ClientWebSocket socket)
    {
        using var writer = new FrameWriter();
        try
        {
            while (true)
            {
                if (driver.Fill(link, writer))
                {
                    await socket.SendAsync(writer.Finish(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                }
                else if (_close is var (code, cause))
                {
                    await socket.CloseOutputAsync((WebSocketCloseStatus)code, cause, CancellationToken.None);
                    return;
                }
                else
                {
                    await _wake.WaitAsync();
                }
            }
        }
        catch (Exception origin) when (origin is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The reader learns of it and tells why. Without this a half of the transport could stay open, and nobody would write to it.
            socket.Abort();
        }
    }
}
