namespace Airlock.Lab.Subjects.Legacy;

/// <summary>The queue that keeps what comes before ready (dossier §2.4). Without faults: in order, one at a time, flushed when it is opened.</summary>
internal sealed class LegacyQueue(LegacySurroundings lab, Func<LegacyFrame, Task> handle)
{
    private readonly Queue<LegacyFrame> _held = new();
    private bool _isOpen;

    /// <summary>Completes when everything taken so far is handled, as far as it ever will be.</summary>
    public Task Idle { get; private set; } = Task.CompletedTask;

    /// <summary>Takes a message.</summary>
    /// <returns>When the reader may go on.</returns>
    public Task OfferAsync(LegacyFrame frame)
    {
        if (lab.Has(LegacyFault.QueueUnwired) || (lab.Has(LegacyFault.FlushRacesLive) && _isOpen))
        {
            return handle(frame);
        }

        _held.Enqueue(frame);
        Flush();
        return Task.CompletedTask;
    }

    /// <summary>Lets messages through, those that wait first.</summary>
    public void Open()
    {
        _isOpen = !lab.Has(LegacyFault.QueueNeverFlushes);
        Flush();
    }

    private void Flush()
    {
        if (_isOpen && Idle.IsCompleted)
        {
            Idle = FlushAsync();
        }
    }

    private async Task FlushAsync()
    {
        while (_held.TryDequeue(out var frame))
        {
            await handle(frame);
        }
    }
}
