namespace Airlock.Bench.Net;

/// <summary>One thread's sockets: waits until some are ready and lets their peers go on.</summary>
internal sealed class Poll : IDisposable
{
    private readonly int _poll = Libc.NewPoll();
    private readonly List<Peer?> _peers = [];
    private readonly int[] _ready = new int[256];

    /// <summary>Where peers receive to: they take turns.</summary>
    public byte[] Received { get; } = new byte[512 * 1024];

    /// <summary>Lets peers go on whose sockets are ready; waits for one at most that long.</summary>
    public void RunOnce(int milliseconds)
    {
        var count = Libc.Wait(_poll, _ready, milliseconds);
        for (var i = 0; i < count; i++)
        {
            // One that another peer's turn has closed is gone by now.
            _peers[_ready[i]]?.GoOn();
        }
    }

    /// <summary>Watches a peer's socket.</summary>
    public void Add(Peer peer, int socket)
    {
        while (_peers.Count <= socket)
        {
            _peers.Add(null);
        }

        _peers[socket] = peer;
        Libc.Watch(_poll, Libc.Add, socket, Libc.In | Libc.Out);
    }

    /// <summary>Says what a socket is watched for.</summary>
    public void Watch(int socket, bool forRoom) => Libc.Watch(_poll, Libc.Modify, socket, forRoom ? Libc.In | Libc.Out : Libc.In);

    /// <summary>Closes a socket.</summary>
    public void Close(int socket)
    {
        _peers[socket] = null;
        Libc.Watch(_poll, Libc.Remove, socket, 0);
        _ = Libc.Close(socket);
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.Close(_poll);
}
