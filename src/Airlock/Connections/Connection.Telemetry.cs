using Airlock.Core;

namespace Airlock;

/// <summary>What the driver tells the meter. Nothing is decided here, and with nobody to tell nothing is done.</summary>
internal sealed partial class Connection
{
    private long _begunAt;
    private long _enteredAt;
    private ConnectionState? _closedIn;
    private bool _isSetUp;
    private bool _isBlocked;

    /// <summary>Called once, before the first event.</summary>
    private void BeginTelling()
    {
        if (_endpoint.Metrics is { } metrics)
        {
            _begunAt = _enteredAt = _server.Clock.Now;
            metrics.Enter();
        }
    }

    /// <summary>Called for every event, one after another.</summary>
    private void Tell(in LifecycleEvent e, in Transition transition)
    {
        if (_endpoint.Metrics is not { } metrics || !transition.Applied)
        {
            return;
        }

        if (e.Kind is EventKind.WriteBlocked or EventKind.WriteUnblocked)
        {
            SetBlocked(metrics, e.Kind == EventKind.WriteBlocked);
        }

        if (transition.From != transition.To)
        {
            TellMove(metrics, transition.From, transition.To, _server.Clock.Now);
        }
    }

    private void TellMove(EndpointMetrics metrics, ConnectionState from, ConnectionState to, long now)
    {
        metrics.Move(from, to);
        metrics.Passed(from, to, now - _enteredAt);
        _enteredAt = now;
        if (!_isSetUp && to >= ConnectionState.ProcessingReady)
        {
            _isSetUp = true;
            metrics.SetUp(to, now - _begunAt);
        }

        if (to >= ConnectionState.Closing)
        {
            _closedIn ??= from;
        }

        if (to >= ConnectionState.Closed)
        {
            SetBlocked(metrics, false);
            metrics.Closed(_lifecycle.Reason!, _lifecycle.Code!.Value, _closedIn!.Value, to, now - _begunAt);
        }
    }

    private void SetBlocked(EndpointMetrics metrics, bool isBlocked)
    {
        if (isBlocked != _isBlocked)
        {
            _isBlocked = isBlocked;
            metrics.CountBlocked(isBlocked ? 1 : -1);
        }
    }

    /// <summary>Called when the reader has ended: what is held now is never stored.</summary>
    private void ForgetHeld()
    {
        lock (_holding)
        {
            while (_held.TryDequeue(out var message))
            {
                _endpoint.Metrics?.CountHeld(-1, -message.Payload.Length);
            }
        }
    }
}
