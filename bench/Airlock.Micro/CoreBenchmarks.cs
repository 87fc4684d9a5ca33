using System.Text;
using Airlock.Core;
using BenchmarkDotNet.Attributes;

namespace Airlock.Micro;

/// <summary>What the core's steps cost, each with what it allocates.</summary>
[MemoryDiagnoser]
public class CoreBenchmarks : IDisposable
{
    private const string Data = """{"t":"data","s":42,"id":"0123456789abcdef","a":41,"b":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""";
    private readonly byte[] _data = Encoding.UTF8.GetBytes(Data);
    // White space that is allowed and that no shipped client writes: read the general way.
    private readonly byte[] _spaced = Encoding.UTF8.GetBytes(Data.Replace("{\"t\":", "{ \"t\":", StringComparison.Ordinal));
    private static readonly byte[] _payload = Encoding.UTF8.GetBytes($"\"{new string('a', 126)}\"");
    private readonly FrameWriter _writer = new();
    private readonly OutboxEntry _entry = new() { Kind = EntryKind.Data, Sequence = 42, Re = 42, Try = 1, Payload = _payload };
    private readonly Outbox _outbox = new(1024, 4 << 20);
    private readonly SessionCore _session = new("c1", 1, new SessionLimits());
    private readonly ReadOnlyMemory<byte>[] _replies = [_payload];
    private readonly ConnectionLifecycle _lifecycle = NewReady();
    private long _sequence;

    [Benchmark(Description = "transition: the peer was heard")]
    public Transition Transition()
    {
        var (kind, due) = _lifecycle.NextDeadline!.Value;
        return _lifecycle.Apply(LifecycleEvent.DeadlineElapsed(kind, due, PeerSigns.None with { HeardAt = due }), due);
    }

    [Benchmark(Description = "frame read: data of a client, 128 B")]
    public long FrameRead() => Read(_data);

    [Benchmark(Description = "frame read, the general way")]
    public long FrameReadGeneral() => Read(_spaced);

    [Benchmark(Description = "frame write: data of a server, 128 B")]
    public int FrameWrite()
    {
        _writer.Begin();
        _writer.Write(_entry, 42, 42);
        return _writer.Finish().Length;
    }

    [Benchmark(Description = "outbox: append, read by cursor, acknowledge")]
    public AckVerdict Append()
    {
        var entry = _outbox.Append(new OutboxEntry { Kind = EntryKind.Data, Payload = _payload });
        _ = _outbox.After(entry.Sequence - 1);
        return _outbox.Acknowledge(entry.Sequence);
    }

    [Benchmark(Description = "session: store, try, commit one reply, acknowledge")]
    public AckVerdict Commit()
    {
        _sequence++;
        _session.Append(1, _sequence, "0123456789abcdef", _payload);
        _session.Commit(_sequence, _session.BeginTry(), _replies, stopped: false);
        return _session.Acknowledge(1, _sequence);
    }

    public void Dispose()
    {
        _writer.Dispose();
        GC.SuppressFinalize(this);
    }

    private static long Read(byte[] message)
    {
        var reader = new FrameReader(message, fromServer: false);
        return reader.TryRead(out var frame) ? frame.Sequence : throw new InvalidOperationException("The frame is not good.");
    }

    private static ConnectionLifecycle NewReady()
    {
        var lifecycle = new ConnectionLifecycle(new LifecycleTimeouts());
        Span<LifecycleEvent> start =
        [
            LifecycleEvent.UpgradeAccepted(), LifecycleEvent.HelloReceived(resumeAsked: false), LifecycleEvent.AuthenticationSucceeded(1, null),
            LifecycleEvent.GatesChanged(default), LifecycleEvent.AttachSucceeded(2),
        ];
        foreach (var e in start)
        {
            if (!lifecycle.Apply(e, 0).Applied)
            {
                throw new InvalidOperationException("The lifecycle does not start.");
            }
        }

        return lifecycle;
    }
}
