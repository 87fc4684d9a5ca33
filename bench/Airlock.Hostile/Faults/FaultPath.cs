using System.Net;
using System.Net.Sockets;

namespace Airlock.Hostile.Faults;

/// <summary>What a direction of a path does with what comes.</summary>
internal enum Carriage
{
    /// <summary>Passes it on.</summary>
    Pass,

    /// <summary>Reads it and drops it.</summary>
    Drop,

    /// <summary>Does not read.</summary>
    Stall,

    /// <summary>Passes half of the next piece on, then resets the path.</summary>
    CutWithin,

    /// <summary>Sets a reserved bit of the next frame, then passes on.</summary>
    CorruptHeader,

    /// <summary>Changes a byte of the next frame's text, then passes on.</summary>
    CorruptText,
}

/// <summary>The way of one client to its server. The fault strikes the first connection; every later one passes straight to the server.</summary>
internal sealed class FaultPath : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly int _server;
    private readonly int _first;
    private readonly List<Socket> _sockets = [];
    private Socket? _toClient;
    private Socket? _toServer;
    private volatile Carriage _up;
    private volatile Carriage _down;

    /// <summary>Starts to listen on a free port of the loopback.</summary>
    /// <param name="server">The server's port.</param>
    /// <param name="first">Where the first connection goes: the server, or a proxy before it. 0: it is answered with 502.</param>
    public FaultPath(int server, int first)
    {
        (_server, _first) = (server, first);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Towards the server.</summary>
    public Carriage Up { set => _up = value; }

    /// <summary>Towards the client.</summary>
    public Carriage Down { set => _down = value; }

    /// <summary>What later connections wait for before they are carried.</summary>
    public Task Reopened { private get; set; } = Task.CompletedTask;

    /// <summary>Completes when the first connection has passed something of the server's WebSocket on.</summary>
    public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ResetClient() => Reset(_toClient);

    public void ResetServer() => Reset(_toServer);

    public void EndClient() => Shut(_toClient);

    public void EndServer() => Shut(_toServer);

    /// <summary>Sends bytes of its own towards the server, between frames.</summary>
    public void SayUp(byte[] bytes) => _toServer!.Send(bytes);

    /// <summary>Sends bytes of its own towards the client, between frames.</summary>
    public void SayDown(byte[] bytes) => _toClient!.Send(bytes);

    public void Dispose()
    {
        _listener.Dispose();
        lock (_sockets)
        {
            _sockets.ForEach(static socket => socket.Dispose());
        }
    }

    private static void Reset(Socket? socket)
    {
        if (socket is not null)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Close();
        }
    }

    private static void Shut(Socket? socket)
    {
        try
        {
            socket?.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var isFirst = true; ; isFirst = false)
            {
                var client = await _listener.AcceptAsync();
                client.NoDelay = true;
                _ = CarryAsync(client, isFirst);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The run is over.
        }
    }

    private async Task CarryAsync(Socket client, bool isFirst)
    {
        // What the system takes for a path that stalls stays far below what a session may have under way: else the server's writes never block, and the path is merely silent.
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 64 * 1024 };
        lock (_sockets)
        {
            _sockets.AddRange([client, server]);
        }

        try
        {
            if (isFirst && _first == 0)
            {
                await client.ReceiveAsync(new byte[4096]);
                await client.SendAsync("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
                client.Shutdown(SocketShutdown.Send);
                return;
            }

            await (isFirst ? Task.CompletedTask : Reopened);
            await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, isFirst ? _first : _server));
            if (isFirst)
            {
                (_toClient, _toServer) = (client, server);
            }

            _ = PumpAsync(client, server, isFirst, isUp: true);
            await PumpAsync(server, client, isFirst, isUp: false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Shut(client);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool isFirst, bool isUp)
    {
        var buffer = new byte[16 * 1024];
        var passed = 0L;
        try
        {
            while (true)
            {
                if (isFirst && (isUp ? _up : _down) == Carriage.Stall)
                {
                    return;
                }

                var length = await from.ReceiveAsync(buffer);
                var carriage = isFirst ? isUp ? _up : _down : Carriage.Pass;
                if (carriage is Carriage.Drop or Carriage.Stall)
                {
                    if (length == 0)
                    {
                        return;
                    }

                    continue;
                }

                if (length == 0)
                {
                    Shut(to);
                    return;
                }

                if (carriage == Carriage.CutWithin)
                {
                    await to.SendAsync(buffer.AsMemory(0, length / 2));
                    Reset(from);
                    Reset(to);
                    return;
                }

                Change(buffer.AsSpan(0, length), carriage);
                if (isUp)
                {
                    _up = carriage is Carriage.CorruptHeader or Carriage.CorruptText ? Carriage.Pass : _up;
                }
                else
                {
                    _down = carriage is Carriage.CorruptHeader or Carriage.CorruptText ? Carriage.Pass : _down;
                }

                await to.SendAsync(buffer.AsMemory(0, length));
                passed += length;
                if (isFirst && !isUp && passed > 300)
                {
                    Opened.TrySetResult();
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side has gone: unless nothing passes any more, the other learns of it.
            if (!isFirst || (isUp ? _up : _down) == Carriage.Pass)
            {
                Shut(to);
            }
        }
    }

    private static void Change(Span<byte> frame, Carriage carriage)
    {
        if (carriage == Carriage.CorruptHeader)
        {
            frame[0] |= 0x40;
        }
        else if (carriage == Carriage.CorruptText)
        {
            // ASCII, masked or not, becomes a byte that stands alone in no UTF-8.
            frame[^2] ^= 0x80;
        }
    }
}
