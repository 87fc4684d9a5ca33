using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Airlock.Lab.Wire;

/// <summary>A TCP proxy that delays, splits, stalls, half-closes, cuts and resets, to the byte. One plan for each connection, in the order of their coming.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _ending = new();
    private readonly IPEndPoint _target;
    private readonly Func<int, FaultPlan> _planOf;
    private readonly Action<int, FaultKind>? _struck;
    private readonly List<Task> _running = [];
    private readonly List<(Socket Client, Socket Server)> _pairs = [];
    private readonly ConcurrentDictionary<Socket, bool> _reset = [];
    private readonly Task _accepting;

    /// <summary>Starts to listen on a free port of the loopback.</summary>
    /// <param name="target">Where connections go.</param>
    /// <param name="planOf">The plan of the n-th connection, from 1.</param>
    /// <param name="struck">Told just before a fault strikes a connection.</param>
    public FaultProxy(IPEndPoint target, Func<int, FaultPlan> planOf, Action<int, FaultKind>? struck = null)
    {
        (_target, _planOf, _struck) = (target, planOf, struck);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Ends every connection of now.</summary>
    /// <param name="kind"><see cref="FaultKind.Cut"/> or <see cref="FaultKind.Reset"/>.</param>
    public void EndAll(FaultKind kind)
    {
        lock (_pairs)
        {
            foreach (var (client, server) in _pairs)
            {
                End(client, server, kind);
            }
        }
    }

    /// <summary>Ends every connection and stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _accepting;
        EndAll(FaultKind.Cut);
        Task[] running;
        lock (_pairs)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        for (var number = 1; ; number++)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync(_ending.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            var carrying = CarryAsync(client, number);
            lock (_pairs)
            {
                _running.Add(carrying);
            }
        }
    }

    private async Task CarryAsync(Socket client, int number)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_target, _ending.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                return;
            }

            lock (_pairs)
            {
                _pairs.Add((client, server));
            }

            var plan = _planOf(number);
            await Task.WhenAll(PumpAsync(client, server, number, plan, isTowardsClient: false), PumpAsync(server, client, number, plan, isTowardsClient: true));
            lock (_pairs)
            {
                _pairs.Remove((client, server));
            }

            _reset.TryRemove(client, out _);
            _reset.TryRemove(server, out _);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, int number, FaultPlan plan, bool isTowardsClient)
    {
        var random = new Random(plan.Seed);
        var left = plan.Fault is not null && plan.TowardsClient == isTowardsClient ? plan.AfterBytes : long.MaxValue;
        var buffer = new byte[plan.PieceBytesMax];
        try
        {
            while (left > 0)
            {
                var length = await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), _ending.Token);
                if (length == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                var wait = plan.Delay + (plan.Jitter * random.NextDouble());
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, _ending.Token);
                }

                for (var sent = 0; sent < length;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), _ending.Token);
                }

                left -= left == long.MaxValue ? 0 : length;
            }

            _struck?.Invoke(number, plan.Fault!.Value);
            switch (plan.Fault)
            {
                case FaultKind.HalfClose:
                    to.Shutdown(SocketShutdown.Send);
                    break;
                case FaultKind.Stall:
                    await Task.Delay(Timeout.InfiniteTimeSpan, _ending.Token);
                    break;
                default:
                    End(isTowardsClient ? to : from, isTowardsClient ? from : to, plan.Fault!.Value);
                    break;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has gone: the other learns of it.
            End(from, to, FaultKind.Cut);
        }
    }

    private void End(Socket client, Socket server, FaultKind kind)
    {
        Socket[] both = [client, server];
        if (kind == FaultKind.Reset)
        {
            // Known before the first is closed, by which a pump fails: it would end the second in its order, with a FIN before the reset.
            Array.ForEach(both, socket => _reset[socket] = true);
        }

        foreach (var socket in both)
        {
            try
            {
                if (kind == FaultKind.Reset)
                {
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                    socket.Close();
                }
                else if (!_reset.ContainsKey(socket))
                {
                    // What was passed on arrives before the end.
                    socket.Shutdown(SocketShutdown.Both);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It has ended by itself.
            }
        }
    }
}
