using System.Globalization;
using System.Text;
using Airlock.Core;
using Microsoft.Extensions.Logging;

namespace Airlock;

/// <summary>What the meter, the tracer and the log are told of a connection's phases and its end. Nothing is decided here, and with nobody to tell next to nothing is done. Called for one event after another.</summary>
internal sealed class ConnectionTelemetry(ConnectionScope scope, Admission admission)
{
    private ConnectionSpans? _spans;
    private long _enteredAt = scope.OpenedAt.Ticks;
    private ConnectionState? _closedIn;
    private bool _isSetUp;
    private CloseExplanation? _explanation;
    private bool _isBlocked;

    /// <summary>What is known of how the session's last connection ended; null if there is nothing to explain.</summary>
    internal string? Explanation => _explanation?.Name;

    private ILogger Logger => scope.Platform.Logger;

    private EndpointMetrics? Metrics => scope.Endpoint.Metrics;

    /// <summary>Called once, before the first event.</summary>
    internal void Begin()
    {
        if (scope.Request.IsProbe)
        {
            return;
        }

        Metrics?.Enter();
        if (Spans.HasListeners)
        {
            _spans = new ConnectionSpans(scope.Endpoint.Name, scope.Id, scope.OpenedAt.Ticks, scope.Platform.Clock.Time.GetUtcNow());
        }
    }

    /// <summary>An event was applied or refused; its effects come afterwards.</summary>
    internal void Record(in LifecycleEvent e, in Transition transition)
    {
        if (transition.Refused is { } refusal)
        {
            Log.Refused(Logger, scope.Id, e.Kind, transition.From, refusal);
        }
        else
        {
            Measure(e, transition);
            Log.Transition(Logger, scope.Id, e.Kind, transition.From, transition.To);
        }
    }

    /// <summary>One line for each end; with the flight record unless it was a probe's, or nobody's fault and in order.</summary>
    internal void LogEnd(in Transition transition, IReadOnlyList<FlightEntry> record)
    {
        var (reason, code) = (transition.Reason!, transition.Code!.Value);
        var level = reason.Fault == Fault.Server ? LogLevel.Warning : LogLevel.Information;
        if (scope.Request.IsProbe || (transition.To == ConnectionState.Closed && reason.Fault == Fault.Nobody))
        {
            Log.Ended(Logger, scope.Id, code, reason.Cause);
        }
        else if (Logger.IsEnabled(level))
        {
            var story = Describe(record);
            Log.EndedAbnormally(Logger, level, scope.Id, code, reason.Cause, reason.Summary, story);
        }
    }

    private void Measure(in LifecycleEvent e, in Transition transition)
    {
        if (scope.Request.IsProbe)
        {
            return;
        }

        if (e.Kind == EventKind.AttachSucceeded && transition.From == ConnectionState.ServicesReady)
        {
            ExplainPrevious(admission.Session!.Outcome);
        }

        if (e.Kind is EventKind.WriteBlocked or EventKind.WriteUnblocked)
        {
            SetBlocked(e.Kind == EventKind.WriteBlocked);
        }

        if (transition.From != transition.To && (Metrics is not null || _spans is not null))
        {
            MeasureMove(transition, scope.Platform.Clock.Now);
        }
    }

    private void MeasureMove(in Transition transition, long now)
    {
        var (from, to) = (transition.From, transition.To);
        (CloseReason, int)? end = to >= ConnectionState.Closing ? (transition.Reason!, transition.Code!.Value) : null;
        _spans?.Passed(from, to, _enteredAt, now, admission.Hello?.TraceParent, end);
        if (Metrics is { } metrics)
        {
            metrics.Move(from, to);
            metrics.Passed(from, to, now - _enteredAt);
            if (!_isSetUp && to >= ConnectionState.ProcessingReady)
            {
                _isSetUp = true;
                metrics.SetUp(to, now - scope.OpenedAt.Ticks);
            }
        }

        _enteredAt = now;
        if (end is var (reason, code))
        {
            _closedIn ??= from;
            if (to >= ConnectionState.Closed)
            {
                SetBlocked(false);
                Metrics?.Closed(reason, code, _closedIn.Value, to, now - scope.OpenedAt.Ticks);
            }
        }
    }

    /// <summary>Lays what this server knows of the end of the session's last connection beside what the client saw of it, so that an end without a close frame gets a cause, too.</summary>
    private void ExplainPrevious(AttachOutcome attached)
    {
        if (attached.Previous is not { } previous || !attached.IsResumed)
        {
            return;
        }

        var (explanation, seen) = CloseExplanation.Of(previous, admission.Hello?.Saw);
        _explanation = explanation;
        Metrics?.Explained(previous, explanation);
        var level = explanation.IsNews ? LogLevel.Information : LogLevel.Debug;
        if (Logger.IsEnabled(level))
        {
            var silence = seen?.Silence is { } ms ? TimeSpan.FromMilliseconds(Math.Min(ms, TimeSpan.MaxValue.TotalMilliseconds / 2)) : (TimeSpan?)null;
            Log.Explained(Logger, level, scope.Id, previous.Connection, previous.Code, previous.Reason.Cause, previous.Silence, seen?.Code, seen?.Cause, silence, explanation.Name, explanation.Meaning);
        }
    }

    private void SetBlocked(bool isBlocked)
    {
        if (isBlocked != _isBlocked)
        {
            _isBlocked = isBlocked;
            Metrics?.CountBlocked(isBlocked ? 1 : -1);
        }
    }

    private static string Describe(IReadOnlyList<FlightEntry> record)
    {
        var text = new StringBuilder();
        foreach (var entry in record)
        {
            text.Append(text.Length == 0 ? "" : " · ").Append(CultureInfo.InvariantCulture, $"{entry.At / TimeSpan.TicksPerMillisecond}ms {entry.Event}");
            text.Append(entry.Refused is { } refused ? $" refused ({refused})" : entry.From == entry.To ? "" : $" {entry.From}→{entry.To}");
            text.Append(entry.Count > 1 ? $" ×{entry.Count}" : "");
        }

        return text.ToString();
    }
}
