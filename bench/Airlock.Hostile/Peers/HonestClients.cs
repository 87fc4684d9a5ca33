using System.Diagnostics;

namespace Airlock.Hostile.Peers;

/// <summary>Clients that chat and measure how long an answer takes.</summary>
internal sealed class HonestClients : IDisposable
{
    private readonly Peer[] _peers;
    private readonly CancellationTokenSource _over;
    private readonly Task _chatting;
    private readonly Lock _lock = new();
    private List<double> _milliseconds = [];
    private int _failed;

    public HonestClients(Peer[] peers, TimeSpan pause, CancellationToken stop)
    {
        _peers = peers;
        _over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _chatting = Task.WhenAll(peers.Select(peer => ChatAsync(peer, pause)));
    }

    public int Count => _peers.Length;

    /// <summary>How many were cut off.</summary>
    public int Failed => _failed;

    /// <summary>What was measured since the last call.</summary>
    public Latency Take()
    {
        lock (_lock)
        {
            var taken = _milliseconds;
            _milliseconds = [];
            return new Latency(taken);
        }
    }

    /// <summary>Ends the chat with a close each.</summary>
    public async Task LeaveAsync()
    {
        await _over.CancelAsync();
        await _chatting;
        foreach (var peer in _peers)
        {
            await peer.CloseAsync();
            peer.Dispose();
        }
    }

    public void Dispose() => _over.Dispose();

    private async Task ChatAsync(Peer peer, TimeSpan pause)
    {
        try
        {
            // Not all at the same instant.
            await Task.Delay(pause * Random.Shared.NextDouble(), _over.Token);
            while (!_over.IsCancellationRequested)
            {
                var since = Stopwatch.GetTimestamp();
                await peer.EchoAsync();
                lock (_lock)
                {
                    _milliseconds.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
                }

                await Task.Delay(pause, _over.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
        catch (Exception e) when (Arena.IsEnd(e))
        {
            Interlocked.Increment(ref _failed);
        }
    }
}
