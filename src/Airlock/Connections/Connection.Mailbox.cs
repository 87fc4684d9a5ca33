using Airlock.Core;

namespace Airlock;

/// <summary>The inline mailbox: one event after another, and after each its effects.</summary>
internal sealed partial class Connection
{
    private readonly Lock _mail = new();
    // There only while somebody is at the mailbox and others post: an idle connection has none.
    private Queue<LifecycleEvent?>? _mailbox;
    private bool _draining;
    private bool _writeDue;

    /// <summary>Posts an event; if nobody is at the mailbox, drains it here. Safe for concurrent use, also from within an effect.</summary>
    internal void Post(in LifecycleEvent e) => Put(e);

    /// <summary>Posts the gates as they are when this comes up, so that of two reports at once the later one is not overwritten by the earlier.</summary>
    private void PostGates() => Put(null);

    private void Put(in LifecycleEvent? mail)
    {
        lock (_mail)
        {
            if (_draining)
            {
                (_mailbox ??= new()).Enqueue(mail);
                return;
            }

            _draining = true;
        }

        var next = mail;
        do
        {
            LifecycleEvent e;
            Transition transition;
            lock (_mail)
            {
                e = next ?? ReadGates();
                transition = _lifecycle.Apply(e, _server.Clock.Now);
                _state = transition.To;
                SetAlarm();
            }

            Carry(e, transition);
        }
        while (TakeNext(out next));
    }

    private LifecycleEvent ReadGates()
    {
        _gates = _endpoint.Gates;
        return LifecycleEvent.GatesChanged(GateBoard.StatusOf(_gates));
    }

    /// <summary>The next event; if there is none the mailbox is left, and what was queued meanwhile goes out, in one message.</summary>
    private bool TakeNext(out LifecycleEvent? next)
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

        next = null;
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
                Run(transition.Effects[i], transition);
            }
            catch (Exception broken)
            {
                Break(broken);
            }
        }

        if (e.Kind == EventKind.UpgradeAccepted)
        {
            _opened.TrySetResult(transition.Applied);
        }
    }

    /// <summary>A bug of ours or of what we call, at the driver's edge: the mailbox goes on, and the reader finds the transport cut.</summary>
    private void Break(Exception e)
    {
        Log.DriverFailed(_server.Logger, e, Id);
        _socket?.Abort();
    }
}
