using Airlock.Core;

namespace Airlock;

/// <summary>Messages that came before ready: held within a credit, and stored first.</summary>
internal sealed partial class Connection
{
    private readonly Lock _holding = new();
    private EarlyMessages? _early;
    private Task _heldStored = Task.CompletedTask;
    private volatile AttachOutcome? _serving;

    /// <summary>Holds a message that came before ready, within the credit.</summary>
    /// <returns>False if the connection is ready meanwhile.</returns>
    private bool Hold(long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent)
    {
        CloseReason? refused;
        lock (_holding)
        {
            if (_serving is not null)
            {
                return false;
            }

            refused = (_early ??= new EarlyMessages(_endpoint.CreditOfOpen, _endpoint.CreditOfAuthed))
                .Hold(new EarlyMessage(sequence, id, payload, traceParent), _state >= ConnectionState.Authenticated, _hello?.Resume is not null);
            if (refused is null)
            {
                _endpoint.Metrics?.CountHeld(1, payload.Length);
            }
        }

        if (refused is not null)
        {
            Post(LifecycleEvent.CloseRequested(refused));
        }

        return true;
    }

    /// <summary>From here on the reader stores straight into the session; what was held goes first.</summary>
    private void BeginServing(AttachOutcome attached)
    {
        var stored = new TaskCompletionSource();
        EarlyMessages? early;
        lock (_holding)
        {
            _heldStored = stored.Task;
            _serving = attached;
            (early, _early) = (_early, null);
        }

        _ = StoreHeldAsync(attached, early, stored);
    }

    private async Task StoreHeldAsync(AttachOutcome attached, EarlyMessages? early, TaskCompletionSource stored)
    {
        if (attached.Positions.Stored > attached.Positions.Done)
        {
            // A store that failed after it had stored a message let nobody know that there is one.
            await GuardStoreAsync(WakeHeldAsync(attached.Log!));
        }

        while (early is not null && early.TryTake(out var message))
        {
            _endpoint.Metrics?.CountHeld(-1, -message.Payload.Length);
            // After a failure the connection closes, and the client sends the rest again.
            await GuardStoreAsync(_state >= ConnectionState.Closing ? default : StoreAndWakeAsync(attached, message.Sequence, message.Id, message.Payload, message.TraceParent));
        }

        stored.SetResult();
    }

    private async ValueTask WakeHeldAsync(ISessionLog log) => await WakeAsync(log);

    private async ValueTask StoreAndWakeAsync(AttachOutcome attached, long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent)
    {
        if (await StoreAsync(attached, sequence, id, payload, traceParent))
        {
            await WakeAsync(attached.Log!);
        }
    }
}
