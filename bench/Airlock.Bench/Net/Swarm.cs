using System.Diagnostics;

namespace Airlock.Bench.Net;

/// <summary>The peers of one measure, on one thread.</summary>
internal sealed class Swarm : IDisposable
{
    // Only a guard against a server that hangs.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly Poll _poll = new();
    private readonly Func<Poll, Swarm, Peer> _newPeer;
    private readonly Dictionary<string, int> _causes;
    private readonly List<Peer> _peers = [];
    private int _ready;
    private int _closed;
    private long _answers;
    private bool _isEchoing;

    /// <summary>Makes a swarm without peers.</summary>
    /// <param name="newPeer">Makes a peer, which begins to connect.</param>
    /// <param name="causes">Gets the causes of closes that no peer wanted, and how often.</param>
    public Swarm(Func<Poll, Swarm, Peer> newPeer, Dictionary<string, int> causes) => (_newPeer, _causes) = (newPeer, causes);

    /// <summary>Connects peers until so many more are ready.</summary>
    /// <param name="count">How many.</param>
    /// <param name="atOnce">How many may be on their way at a time.</param>
    /// <returns>How long each took.</returns>
    public TimeSpan Connect(int count, int atOnce)
    {
        var began = Stopwatch.GetTimestamp();
        var goal = _peers.Count + count;
        var deadline = NewDeadline();
        while (_ready < goal)
        {
            while (_peers.Count < goal && _peers.Count - _ready < atOnce)
            {
                _peers.Add(_newPeer(_poll, this));
            }

            RunOnce(deadline, "connect");
        }

        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Keeps messages going to and fro.</summary>
    /// <param name="inFlight">How many each peer has under way.</param>
    /// <param name="time">How long.</param>
    /// <returns>How many came back in a second.</returns>
    public double Echo(int inFlight, TimeSpan time)
    {
        _isEchoing = true;
        foreach (var peer in _peers)
        {
            peer.Send(inFlight);
        }

        // The start, with all of them at once, is not like the rest.
        RunFor(time / 5);
        var (began, before) = (Stopwatch.GetTimestamp(), _answers);
        RunFor(time);
        var deadline = NewDeadline();
        while (_answers == before)
        {
            RunOnce(deadline, "get an answer");
        }

        _isEchoing = false;
        return (_answers - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Lets one peer send to all of them; the next message goes out when the last one has arrived everywhere.</summary>
    /// <returns>How many arrived in a second.</returns>
    public double Broadcast(TimeSpan time)
    {
        var (began, before) = (Stopwatch.GetTimestamp(), _answers);
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            var goal = _answers + _peers.Count;
            var deadline = NewDeadline();
            _peers[0].Send(1);
            while (_answers < goal)
            {
                RunOnce(deadline, "get what was broadcast");
            }
        }

        return (_answers - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Lets the peers be, but for the beats that keep them alive.</summary>
    public void Rest(TimeSpan time)
    {
        const double BeatSeconds = 15;
        var began = Stopwatch.GetTimestamp();
        var beats = 0L;
        while (Stopwatch.GetElapsedTime(began) is var passed && passed < time)
        {
            _poll.RunOnce(20);
            // Spread, as clients are that did not come all at once.
            for (var due = (long)(passed.TotalSeconds / BeatSeconds * _peers.Count); beats < due; beats++)
            {
                _peers[(int)(beats % _peers.Count)].Beat();
            }
        }
    }

    /// <summary>Ends all connections as their protocol wants it.</summary>
    public void Leave()
    {
        foreach (var peer in _peers)
        {
            peer.Leave();
        }

        var deadline = NewDeadline();
        while (_closed < _peers.Count)
        {
            RunOnce(deadline, "close");
        }
    }

    /// <summary>A peer is ready.</summary>
    public void OnReady() => _ready++;

    /// <summary>A peer got answers, or what it subscribed to.</summary>
    public void OnAnswers(Peer peer, int count)
    {
        _answers += count;
        if (_isEchoing)
        {
            peer.Send(count);
        }
    }

    /// <summary>A peer's connection has ended.</summary>
    /// <param name="cause">Why, if the peer did not want it.</param>
    public void OnClosed(string? cause)
    {
        _closed++;
        if (cause is not null)
        {
            _causes[cause] = _causes.GetValueOrDefault(cause) + 1;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _poll.Dispose();

    private static long NewDeadline() => Stopwatch.GetTimestamp() + (long)(_patience.TotalSeconds * Stopwatch.Frequency);

    private void RunFor(TimeSpan time)
    {
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < end)
        {
            _poll.RunOnce(10);
        }
    }

    private void RunOnce(long deadline, string what)
    {
        _poll.RunOnce(100);
        if (Stopwatch.GetTimestamp() > deadline)
        {
            var causes = string.Join(", ", _causes.Select(static c => $"{c.Value} × {c.Key}"));
            throw new BenchException($"The peers do not {what}: of {_peers.Count}, {_ready} were ready and {_closed} are closed. Causes: {(causes.Length == 0 ? "none" : causes)}.");
        }
    }
}
