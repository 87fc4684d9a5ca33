using System.Diagnostics;
using System.Text;
using Airlock.Core;

namespace Airlock;

/// <summary>The one source of spans. Every instant in them is the server's clock's.</summary>
internal static class Spans
{
    private static readonly ActivitySource _source = new(AirlockTelemetry.ActivitySourceName);

    internal static bool HasListeners => _source.HasListeners();

    /// <summary>A message's trace as a text to keep, if anybody wants it.</summary>
    internal static string? Keep(ReadOnlyMemory<byte> traceParent) => traceParent.IsEmpty || !HasListeners ? null : Encoding.ASCII.GetString(traceParent.Span);

    /// <summary>Begins a span that is over already or will be ended by its owner; never a child of whatever the caller happens to be in.</summary>
    internal static Activity? Begin(string name, ActivityKind kind, ActivityContext parent, DateTimeOffset at)
    {
        var current = Activity.Current;
        Activity.Current = null;
        try
        {
            return _source.StartActivity(name, kind, parent, startTime: at);
        }
        catch (Exception)
        {
            // Whoever listens is somebody else's code, on this stack; who does not hear properly hears nothing.
            return null;
        }
        finally
        {
            Activity.Current = current;
        }
    }

    /// <summary>Begins the span of one try of a turn: a child of what the client was doing, if it told.</summary>
    internal static Activity? BeginTurn(string endpoint, TurnTry @try, DateTimeOffset at) =>
        HasListeners
            ? Begin("airlock.turn", ActivityKind.Consumer, ContextOf(@try.Message.TraceParent), at)?
                .SetTag(Tag.Endpoint, endpoint).SetTag("airlock.message", @try.Message.Id).SetTag("airlock.try", @try.Number)
            : null;

    /// <summary>Ends it.</summary>
    internal static void EndTurn(this Activity span, TurnOutcome outcome, DateTimeOffset at)
    {
        span.SetTag(Tag.Outcome, EndpointMetrics.NameOf(outcome));
        if (outcome is TurnOutcome.Retried or TurnOutcome.Failed)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }

        span.End(at);
    }

    /// <summary>Ends a span.</summary>
    internal static void End(this Activity span, DateTimeOffset at)
    {
        var current = Activity.Current;
        span.SetEndTime(at.UtcDateTime);
        try
        {
            span.Stop();
        }
        catch (Exception)
        {
            // As at its begin: the loss is the listener's.
        }

        // Not what was current when the span began, which may have been somewhere else.
        Activity.Current = current == span ? null : current;
    }

    /// <summary>The context that a <c>traceparent</c> names; none if there is none.</summary>
    internal static ActivityContext ContextOf(string? traceParent) => ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;

    /// <summary>Notes how a connection ended; our own faults are errors.</summary>
    internal static void SetReason(this Activity span, CloseReason reason, int code)
    {
        span.SetTag(Tag.Cause, reason.Cause).SetTag(Tag.Code, code);
        if (reason.Fault == Fault.Server)
        {
            span.SetStatus(ActivityStatusCode.Error, reason.Summary);
        }
    }
}
