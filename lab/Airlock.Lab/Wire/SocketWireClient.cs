using System.Buffers.Text;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

namespace Airlock.Lab.Wire;

/// <summary>A client of a subject without sessions: one socket, messages written as soon as it is open, nothing sent twice. It dials again only when it is told to.</summary>
internal abstract class SocketWireClient(WireWorld world, string name, string user, Uri url, WireCredentials credentials) : WireClient(world, name, user, url, credentials)
{
    private readonly Channel<string> _outbox = Channel.CreateUnbounded<string>();
    private readonly CancellationTokenSource _disposing = new();
    private Task _running = Task.CompletedTask;
    private Task _writing = Task.CompletedTask;
    private TaskCompletionSource _opening = new();
    private ClientWebSocket? _socket;
    private int _dials;
    private bool _isLeaving;

    /// <summary>The name of the connection of now: the client's own, since no server tells one.</summary>
    protected string Connection => $"{Name}#{_dials}";

    protected override Task Over => _running;

    public override void Start()
    {
        Times.Dialed ??= TimeProvider.System.GetTimestamp();
        _dials++;
        _opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _running = RunAsync();
    }

    public override void Redial() => Start();

    protected override async Task EndAsync()
    {
        Note("invoke", "leave", e => e with { Connection = Connection, Cause = LeavesBy });
        _isLeaving = true;
        // What was sent before goes first.
        _outbox.Writer.TryComplete();
        await Task.WhenAny(_opening.Task, _running).WaitAsync(WireWorld.Patience, World.Stopped);
        await _writing.WaitAsync(WireWorld.Patience, World.Stopped);
        if (_socket is { State: WebSocketState.Open } socket)
        {
            try
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _disposing.Token);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // It is over.
            }
        }

        await _running.WaitAsync(WireWorld.Patience, World.Stopped);
    }

    public override async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync();
        await _running;
        _socket?.Dispose();
        _disposing.Dispose();
    }

    /// <summary>What the request says besides.</summary>
    protected virtual void Prepare(ClientWebSocketOptions options)
    {
        if (Credentials is { InSubProtocol: true, Token: { } hidden })
        {
            options.AddSubProtocol("jwt-auth");
            options.AddSubProtocol($"jwt.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(hidden))}");
        }
        else if (Credentials.Token is { } token)
        {
            options.SetRequestHeader("Authorization", $"Bearer {token}");
        }
    }

    /// <summary><c>bye</c> if the server finishes what it has been sent before it closes, else <c>close</c>.</summary>
    protected virtual string LeavesBy => "close";

    /// <summary>The transport stands.</summary>
    protected abstract void Opened();

    /// <summary>A message as it is written.</summary>
    protected abstract string Encode(string id);

    /// <summary>A message has come.</summary>
    protected abstract void Handle(string message);

    protected override void Send(string id) => _outbox.Writer.TryWrite(Encode(id));

    protected void Write(string message) => _outbox.Writer.TryWrite(message);

    private async Task RunAsync()
    {
        var connection = Connection;
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        Prepare(socket.Options);
        Note("invoke", "dial", e => e with { Connection = connection, User = User });
        try
        {
            await socket.ConnectAsync(Url, _disposing.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            BeClosed(connection, (int)socket.HttpStatusCode is > 0 and var status ? status : 1006, (int)socket.HttpStatusCode > 0 ? $"http {(int)socket.HttpStatusCode}" : e.Message, told: false);
            return;
        }

        _socket = socket;
        Times.Connected ??= TimeProvider.System.GetTimestamp();
        Note("ok", "dial", e => e with { Connection = connection, User = User });
        ConnectedSource.TrySetResult();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_disposing.Token);
        Opened();
        _writing = WriteAsync(socket, over.Token);
        _opening.SetResult();
        var (code, cause) = await ReadAsync(socket, _disposing.Token);
        await over.CancelAsync();
        await _writing;
        _socket = null;
        // What only echoes the client's own close tells nothing.
        GiveUpAll($"the connection ended with {code}");
        BeClosed(connection, code, cause, told: code != 1006 && !_isLeaving);
    }

    private async Task WriteAsync(ClientWebSocket socket, CancellationToken over)
    {
        try
        {
            while (await _outbox.Reader.WaitToReadAsync(over))
            {
                if (_outbox.Reader.TryRead(out var message))
                {
                    await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, over);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The reader finds out.
        }
    }

    private async Task<(int Code, string? Cause)> ReadAsync(ClientWebSocket socket, CancellationToken stop)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var length = 0;
                ValueWebSocketReceiveResult read;
                do
                {
                    read = await socket.ReceiveAsync(buffer.AsMemory(length), stop);
                    length += read.Count;
                }
                while (!read.EndOfMessage && read.MessageType != WebSocketMessageType.Close);

                if (read.MessageType == WebSocketMessageType.Close)
                {
                    if (socket.State == WebSocketState.CloseReceived)
                    {
                        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, stop);
                    }

                    return ((int)(socket.CloseStatus ?? WebSocketCloseStatus.Empty), socket.CloseStatusDescription);
                }

                Handle(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            return (1006, null);
        }
    }
}
