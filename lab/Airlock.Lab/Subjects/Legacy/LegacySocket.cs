using System.Net.WebSockets;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>A socket as the incident's framework gave it to its applications: the transport reads by itself into a mailbox, and a call at the wrong time raises the famous text.</summary>
internal sealed class LegacySocket(LegacySurroundings lab, string connection)
{
    /// <summary>What the framework says to any call while the application's side is not connected: before accept and after close alike (dossier §0 line 8).</summary>
    public const string NotConnected = "WebSocket is not connected. Need to call \"accept\" first.";

    private static readonly TimeSpan _closeTimeout = TimeSpan.FromSeconds(10);
    private readonly Queue<LegacyFrame> _mailbox = new();
    private WebSocket? _socket;
    private Task _pump = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private TaskCompletionSource? _news;
    private bool _isClosed;
    private bool _isAtEnd;
    private int _code;
    private string? _cause;

    /// <summary>Whether the transport was lost without a close frame.</summary>
    public bool IsLost { get; private set; }

    /// <summary>The upgrade was accepted. If this side has closed meanwhile, the peer is told now.</summary>
    public async Task AcceptedAsync(WebSocket socket)
    {
        _socket = socket;
        _pump = PumpAsync(socket);
        if (_isClosed)
        {
            await SendCloseAsync();
        }
    }

    /// <summary>Receives a message; null when the peer has closed or is lost.</summary>
    /// <exception cref="InvalidOperationException">It was not accepted, or this side has closed.</exception>
    public async ValueTask<LegacyFrame?> ReceiveAsync()
    {
        ThrowUnlessConnected("receive");
        while (_mailbox.Count == 0 && !_isAtEnd && !_isClosed)
        {
            _news = new();
            await _news.Task;
        }

        return !_isClosed && _mailbox.TryDequeue(out var frame) ? frame : null;
    }

    /// <summary>Sends a message.</summary>
    /// <exception cref="InvalidOperationException">It was not accepted, or this side has closed.</exception>
    public async ValueTask SendAsync(LegacyFrame frame)
    {
        ThrowUnlessConnected("send");
        await OneAtATimeAsync(() => _socket!.SendAsync(frame.ToBytes(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None));
    }

    /// <summary>Closes, once.</summary>
    /// <param name="code">The close code; 0 to let the transport go without one.</param>
    /// <param name="cause">The reason.</param>
    public async ValueTask CloseAsync(int code, string? cause)
    {
        if (_isClosed)
        {
            return;
        }

        (_isClosed, _code, _cause) = (true, code, cause);
        _news?.TrySetResult();
        await SendCloseAsync();
    }

    /// <summary>Waits for the peer's side of the close, not for ever, and lets the transport go.</summary>
    public async Task FinishAsync()
    {
        await Task.WhenAny(_pump, Task.Delay(_closeTimeout, lab.Time));
        _socket?.Dispose();
    }

    private void ThrowUnlessConnected(string call)
    {
        if (_socket is null || _isClosed)
        {
            lab.Trace.Add(TraceKind.TransportMisused, connection, $"{call} {(_socket is null ? "before accept" : "after close")}");
            throw new InvalidOperationException(NotConnected);
        }
    }

    private async ValueTask SendCloseAsync()
    {
        if (_code == 0)
        {
            _socket?.Dispose();
        }
        else if (_socket is { } socket && !IsLost)
        {
            await OneAtATimeAsync(() => new ValueTask(socket.CloseOutputAsync((WebSocketCloseStatus)_code, _cause, CancellationToken.None)));
        }
    }

    // A socket's second send waits for its first, and goes on on whatever thread the pool has: here they wait for each other before.
    private async ValueTask OneAtATimeAsync(Func<ValueTask> call)
    {
        while (!_sending.IsCompleted)
        {
            await _sending;
        }

        var sent = new TaskCompletionSource();
        _sending = sent.Task;
        try
        {
            await call();
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // The transport is gone; its reader finds out.
        }
        finally
        {
            sent.SetResult();
        }
    }

    private async Task PumpAsync(WebSocket socket)
    {
        var buffer = new byte[4096];
        var length = 0;
        try
        {
            while (true)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                length += read.Count;
                if (read.EndOfMessage)
                {
                    _mailbox.Enqueue(LegacyFrame.Parse(buffer.AsSpan(0, length)));
                    length = 0;
                    _news?.TrySetResult();
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException)
        {
            IsLost = true;
        }

        _isAtEnd = true;
        _news?.TrySetResult();
    }
}
