using Airlock.Core;

namespace Airlock;

/// <summary>The inline mailbox: one event after another, and after each its effects.</summary>
internal sealed partial class Connection
{
    private readonly Lock _mail = new();
    // There only while somebody is at the mailbox and others post: an idle connection has none.
    private Queue<LifecycleEvent>? _mailbox;
    private bool _draining;
    private bool _writeDue;

    /// <summary>Posts an event; if nobody is at the mailbox, drains it here. Safe for concurrent use, also from within an effect.</summary>
    internal void Post(in LifecycleEvent e)
    {
        lock (_mail)
        {
            if (_draining)
            {
                (_mailbox ??= new()).Enqueue(e);
                return;
            }

            _draining = true;
        }

        var next = e;
        do
        {
            Transition transition;
            lock (_mail)
            {
                if (next.Kind == EventKind.GatesChanged)
                {
                    // Read here, so that of two reports at once the later one is not overwritten by the earlier.
                    _gates = _endpoint.Gates;
                    next = LifecycleEvent.GatesChanged(GateBoard.StatusOf(_gates));
                }

                transition = _lifecycle.Apply(next, _server.Clock.Now);
                _state = transition.To;
                SetAlarm();
            }

            Carry(next, transition);
        }
        while (TakeNext(out next));
    }

    /// <summary>The next event; if there is none the mailbox is left, and what was queued meanwhile goes out, in one message.</summary>
    private bool TakeNext(out LifecycleEvent next)
    {
        bool isWriteDue;
        lock (_mail)
        {
            if (_mailbox is not null && _mailbox.TryDequeue(out next))
            {
                return true;
            }

            (_draining, _mailbox) = (false, null);
            (isWriteDue, _writeDue) = (_writeDue, false);
        }

        next = default;
        if (isWriteDue)
        {
            Write();
        }

        return false;
    }

    private void Carry(in LifecycleEvent e, in Transition transition)
    {
        Tell(e, transition);
        if (transition.Refused is { } refusal)
        {
            Log.Refused(_server.Logger, Id, e.Kind, transition.From, refusal);
        }
        else
        {
            Log.Transition(_server.Logger, Id, e.Kind, transition.From, transition.To);
        }

        for (var i = 0; i < transition.Effects.Count; i++)
        {
            try
            {
                Run(transition.Effects[i]);
            }
            catch (Exception broken)
            {
                Break(broken);
            }
        }

        switch (e.Kind)
        {
            case EventKind.UpgradeAccepted:
                _opened.TrySetResult(transition.Applied);
                break;
            case EventKind.GatesChanged when transition.Applied:
                SendGates();
                break;
        }
    }

    /// <summary>A bug of ours or of what we call, at the driver's edge: the mailbox goes on, and the reader finds the transport cut.</summary>
    private void Break(Exception e)
    {
        Log.DriverFailed(_server.Logger, e, Id);
        _socket?.Abort();
    }
}
