using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace Airlock.Lab.Scheduling;

/// <summary>Remembers who gave work to the thread pool last, so that an escape can be told with its place. One for the process: the runtime's events are.</summary>
internal sealed class PoolWatch : EventListener
{
    private const EventKeywords ThreadPoolWork = (EventKeywords)2;
    private const int FramesMax = 12;

    /// <summary>The one that listens.</summary>
    internal static PoolWatch Shared { get; } = new();

    /// <summary>Where work came from last, outermost call last; null if none has come since <see cref="Forget"/>.</summary>
    internal string? Last { get; private set; }

    /// <summary>Starts anew.</summary>
    internal void Forget() => Last = null;

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        ArgumentNullException.ThrowIfNull(eventSource);
        if (eventSource.Name == "System.Diagnostics.Eventing.FrameworkEventSource")
        {
            EnableEvents(eventSource, EventLevel.Verbose, ThreadPoolWork);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        ArgumentNullException.ThrowIfNull(eventData);
        if (eventData.EventName?.StartsWith("ThreadPoolEnqueueWork", StringComparison.Ordinal) == true)
        {
            var calls = new StackTrace().GetFrames().Select(static f => f.GetMethod()).Select(static m => $"{m?.DeclaringType?.FullName}.{m?.Name}")
                .Where(static call => !call.StartsWith("System.Diagnostics.Tracing.", StringComparison.Ordinal) && !call.StartsWith(typeof(PoolWatch).FullName!, StringComparison.Ordinal));
            Last = string.Join(" < ", calls.Take(FramesMax));
        }
    }
}
