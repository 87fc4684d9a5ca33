using System.Threading.Channels;

namespace Airlock.Client;

/// <summary>Wakes the one who waits; a signal that nobody waits for is kept, further ones add nothing.</summary>
internal sealed class Signal
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Set() => _set.Writer.TryWrite(true);

    public ValueTask<bool> WaitAsync(CancellationToken cancellation = default) => _set.Reader.ReadAsync(cancellation);
}
