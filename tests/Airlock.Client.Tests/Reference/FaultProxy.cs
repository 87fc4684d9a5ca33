using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Airlock.Client.Tests.Reference;

/// <summary>A TCP proxy that breaks connections at an exact byte.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly ConcurrentBag<Task> _running = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Uri _upstream;
    private readonly Task _accepting;
    private int _faults;
    private int _connections;

    public FaultProxy(Uri upstream, Func<ProxyFault?> next)
    {
        _upstream = upstream;
        Next = next;
        _listener.Start();
        Address = new UriBuilder(upstream) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    /// <summary>Asked once for each connection, one at a time.</summary>
    public Func<ProxyFault?> Next { get; set; }

    public int Faults => _faults;

    public int Connections => _connections;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }

        await Task.WhenAll(_running.Append(_accepting));
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync(_end.Token);
            }
            catch (Exception ended) when (ended is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                return;
            }

            _sockets.Add(client);
            Interlocked.Increment(ref _connections);
            _running.Add(ServeAsync(client, Next()));
        }
    }

    private async Task ServeAsync(Socket client, ProxyFault? fault)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        _sockets.Add(server);
        try
        {
            await server.ConnectAsync(_upstream.Host, _upstream.Port, _end.Token);
            var stalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var up = PumpAsync(client, server, fault is { Up: true } ? fault : null, stalled);
            var down = PumpAsync(server, client, fault is { Up: false } ? fault : null, stalled);
            await Task.WhenAll(up, down);
        }
        catch (Exception ended) when (ended is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side is gone; so is the other, below.
        }

        client.Dispose();
        server.Dispose();
    }

    private async Task PumpAsync(Socket from, Socket to, ProxyFault? fault, TaskCompletionSource stalled)
    {
        var buffer = new byte[4096];
        var left = fault?.AfterBytes ?? int.MaxValue;
        try
        {
            while (true)
            {
                var count = await from.ReceiveAsync(buffer, _end.Token);
                if (stalled.Task.IsCompleted)
                {
                    return;
                }

                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                var passed = Math.Min(count, left);
                for (var sent = 0; sent < passed;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, passed - sent), _end.Token);
                }

                left -= fault is null ? 0 : passed;
                if (fault is not null && left == 0)
                {
                    Interlocked.Increment(ref _faults);
                    await BreakAsync(fault.Kind, from, to, stalled);
                    return;
                }
            }
        }
        catch (Exception ended) when (ended is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Quietly(() => to.Shutdown(SocketShutdown.Send));
        }
    }

    private async Task BreakAsync(FaultKind kind, Socket from, Socket to, TaskCompletionSource stalled)
    {
        switch (kind)
        {
            case FaultKind.Reset:
                from.LingerState = new LingerOption(true, 0);
                to.LingerState = new LingerOption(true, 0);
                from.Dispose();
                to.Dispose();
                break;
            case FaultKind.Close:
                from.Dispose();
                to.Dispose();
                break;
            case FaultKind.HalfClose:
                to.Shutdown(SocketShutdown.Send);
                // What still comes is thrown away, so that the sender does not notice by a full buffer.
                await DiscardAsync(from);
                break;
            default:
                stalled.TrySetResult();
                await DiscardAsync(from);
                break;
        }
    }

    private async Task DiscardAsync(Socket from)
    {
        var buffer = new byte[4096];
        while (await from.ReceiveAsync(buffer, _end.Token) > 0)
        {
            // Nothing is passed on.
        }
    }

    private static void Quietly(Action act)
    {
        try
        {
            act();
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }
}
