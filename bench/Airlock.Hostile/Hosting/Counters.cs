namespace Airlock.Hostile.Hosting;

/// <summary>What a server holds at one moment, by its own account.</summary>
internal sealed record Counters
{
    /// <summary>Connections in the index.</summary>
    public int Connections { get; init; }

    /// <summary>Requests for the socket's path that are not over yet, and all there ever were.</summary>
    public long RequestsOpen { get; init; }

    public long Requests { get; init; }

    public int Sessions { get; init; }

    /// <summary>Users with a session or with message ids that are remembered.</summary>
    public int Users { get; init; }

    /// <summary>Places in the queue of deadlines, and timers of the runtime.</summary>
    public int Deadlines { get; init; }

    public long Timers { get; init; }

    /// <summary>Connections that are registered with the gates.</summary>
    public int Handlers { get; init; }

    /// <summary>Bytes of the managed heap; after a full collection, if one was asked for.</summary>
    public long Heap { get; init; }

    /// <summary>Bytes of the heap that are pinned, after the last collection: mostly the blocks that Kestrel's connections read into and write from, which it keeps for the next ones.</summary>
    public long Pinned { get; init; }

    public long WorkingSet { get; init; }

    /// <summary>Open file descriptors.</summary>
    public int Handles { get; init; }

    public int Threads { get; init; }

    /// <summary>Processor time since the start, in seconds.</summary>
    public double Processor { get; init; }

    /// <summary>How many connections ended, by cause.</summary>
    public IReadOnlyDictionary<string, int> Closes { get; init; } = new Dictionary<string, int>();

    /// <summary>How many of them with code 1011.</summary>
    public int Closes1011 { get; init; }

    /// <summary>The first lines that were logged as errors, and how many there were.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    public int ErrorCount { get; init; }
}
