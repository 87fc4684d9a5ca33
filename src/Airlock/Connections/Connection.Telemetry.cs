using System.Globalization;
using System.Text;
using Airlock.Core;
using Microsoft.Extensions.Logging;

namespace Airlock;

/// <summary>What the driver tells the meter, the tracer and the log of its phases and its end. Nothing is decided here, and with nobody to tell next to nothing is done.</summary>
internal sealed partial class Connection
{
    private ConnectionSpans? _spans;
    private long _enteredAt;
    private ConnectionState? _closedIn;
    private bool _isSetUp;
    private CloseExplanation? _explanation;
    private bool _isBlocked;

    /// <summary>Called once, before the first event.</summary>
    private void BeginTelling()
    {
        _enteredAt = OpenedAt.Ticks;
        if (_request.IsProbe)
        {
            return;
        }

        _endpoint.Metrics?.Enter();
        if (Spans.HasListeners)
        {
            _spans = new ConnectionSpans(_endpoint, Id, OpenedAt.Ticks, _server.Clock.Time.GetUtcNow());
        }
    }

    /// <summary>Called for every event, one after another.</summary>
    private void Tell(in LifecycleEvent e, in Transition transition)
    {
        if (!transition.Applied || _request.IsProbe)
        {
            return;
        }

        if (e.Kind == EventKind.AttachSucceeded && transition.From == ConnectionState.ServicesReady)
        {
            ExplainPrevious(_attached!.Previous);
        }

        if (e.Kind is EventKind.WriteBlocked or EventKind.WriteUnblocked)
        {
            SetBlocked(e.Kind == EventKind.WriteBlocked);
        }

        if (transition.From != transition.To && (_endpoint.Metrics is not null || _spans is not null))
        {
            TellMove(transition, _server.Clock.Now);
        }
    }

    private void TellMove(in Transition transition, long now)
    {
        var (from, to) = (transition.From, transition.To);
        (CloseReason, int)? end = to >= ConnectionState.Closing ? (transition.Reason!, transition.Code!.Value) : null;
        _spans?.Passed(from, to, _enteredAt, now, _hello?.TraceParent, end);
        if (_endpoint.Metrics is { } metrics)
        {
            metrics.Move(from, to);
            metrics.Passed(from, to, now - _enteredAt);
            if (!_isSetUp && to >= ConnectionState.ProcessingReady)
            {
                _isSetUp = true;
                metrics.SetUp(to, now - OpenedAt.Ticks);
            }
        }

        _enteredAt = now;
        if (end is var (reason, code))
        {
            _closedIn ??= from;
            if (to >= ConnectionState.Closed)
            {
                SetBlocked(false);
                _endpoint.Metrics?.Closed(reason, code, _closedIn.Value, to, now - OpenedAt.Ticks);
            }
        }
    }

    /// <summary>How long nothing has been heard from the client.</summary>
    private TimeSpan Silence() => TimeSpan.FromTicks(_server.Clock.Now - Math.Max(OpenedAt.Ticks, Interlocked.Read(ref _heardAt)));

    /// <summary>Lays what this server knows of the end of the session's last connection beside what the client saw of it, so that an end without a close frame gets a cause, too.</summary>
    private void ExplainPrevious(ConnectionEnd? previous)
    {
        if (previous is null || !_attached!.IsResumed)
        {
            return;
        }

        var (explanation, seen) = CloseExplanation.Of(previous, _hello?.Saw);
        _explanation = explanation;
        _endpoint.Metrics?.Explained(previous, explanation);
        var level = explanation.IsNews ? LogLevel.Information : LogLevel.Debug;
        if (_server.Logger.IsEnabled(level))
        {
            var silence = seen?.Silence is { } ms ? TimeSpan.FromMilliseconds(Math.Min(ms, TimeSpan.MaxValue.TotalMilliseconds / 2)) : (TimeSpan?)null;
            Log.Explained(_server.Logger, level, Id, previous.Connection, previous.Code, previous.Reason.Cause, previous.Silence, seen?.Code, seen?.Cause, silence, explanation.Name, explanation.Meaning);
        }
    }

    private void SetBlocked(bool isBlocked)
    {
        if (isBlocked != _isBlocked)
        {
            _isBlocked = isBlocked;
            _endpoint.Metrics?.CountBlocked(isBlocked ? 1 : -1);
        }
    }

    /// <summary>Called when the reader has ended: what is held now is never stored.</summary>
    private void ForgetHeld()
    {
        lock (_holding)
        {
            while (_early is not null && _early.TryTake(out var message))
            {
                _endpoint.Metrics?.CountHeld(-1, -message.Payload.Length);
            }
        }
    }

    /// <summary>One line for each end; with the flight record unless it was a probe's, or nobody's fault and in order.</summary>
    private void LogEnd(in Transition transition)
    {
        var (reason, code) = (transition.Reason!, transition.Code!.Value);
        var logger = _server.Logger;
        var level = reason.Fault == Fault.Server ? LogLevel.Warning : LogLevel.Information;
        if (_request.IsProbe || (transition.To == ConnectionState.Closed && reason.Fault == Fault.Nobody))
        {
            Log.Ended(logger, Id, code, reason.Cause);
        }
        else if (logger.IsEnabled(level))
        {
            var record = DescribeRecord();
            Log.EndedAbnormally(logger, level, Id, code, reason.Cause, reason.Summary, record);
        }
    }

    private string DescribeRecord()
    {
        var text = new StringBuilder();
        foreach (var entry in ReadRecord())
        {
            text.Append(text.Length == 0 ? "" : " · ").Append(CultureInfo.InvariantCulture, $"{entry.At / TimeSpan.TicksPerMillisecond}ms {entry.Event}");
            text.Append(entry.Refused is { } refused ? $" refused ({refused})" : entry.From == entry.To ? "" : $" {entry.From}→{entry.To}");
            text.Append(entry.Count > 1 ? $" ×{entry.Count}" : "");
        }

        return text.ToString();
    }
}
