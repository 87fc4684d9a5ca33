using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Runtime.Loader;
using System.Text.RegularExpressions;

namespace Airlock.Lab.Scheduling;

/// <summary>Hears of work for the thread pool and of real timers at the place where they are made. From a simulation's own thread they are escapes; of the rest the last is remembered, so that a gate can tell where it came from. One for the process: the runtime's events are.</summary>
internal sealed partial class PoolWatch : EventListener
{
    // Of System.Diagnostics.Eventing.FrameworkEventSource; the second has the timers.
    private const EventKeywords ThreadPoolWork = (EventKeywords)2;
    private const EventKeywords ThreadTransfer = (EventKeywords)16;
    private const int FramesMax = 12;

    private static readonly string[] _bookkeeping = ["System.Diagnostics.", "System.Threading.", "System.Runtime.CompilerServices."];

    [ThreadStatic]
    private static Scheduler? _ofThisThread;

    // Not made while the type is: work that is heard of meanwhile would wait for the type, and the type for the work.
    private static readonly Lazy<PoolWatch> _shared = new(Create);

    private bool _remembers;

    /// <summary>The one that listens.</summary>
    internal static PoolWatch Shared => _shared.Value;

    // A copy of the lab that was loaded for a mutant could never be unloaded again with a listener in it.
    private static bool IsWanted { get; } = AssemblyLoadContext.GetLoadContext(typeof(PoolWatch).Assembly) == AssemblyLoadContext.Default;

    /// <summary>Where work came from last, outermost call last; null if none has come since <see cref="Forget"/>.</summary>
    internal string? Last { get; private set; }

    /// <summary>Watches what the current thread does while it runs a simulation.</summary>
    /// <param name="scheduler">Told of each escape; null when the simulation is over.</param>
    internal static void Watch(Scheduler? scheduler)
    {
        if (IsWanted)
        {
            _ = Shared;
            _ofThisThread = scheduler;
        }
    }

    /// <summary>Starts anew.</summary>
    internal void Forget() => (Last, _remembers) = (null, true);

    /// <summary>The calls that lead here, innermost first, without the runtime's bookkeeping and the scheduler's own.</summary>
    internal static string Calls()
    {
        var calls = new StackTrace().GetFrames().Select(static frame => frame.GetMethod()).Select(static method => NameOf(method?.DeclaringType?.FullName, method?.Name))
            .Where(static call => !_bookkeeping.Any(prefix => call.StartsWith(prefix, StringComparison.Ordinal)))
            .SkipWhile(static call => call.StartsWith(typeof(Scheduler).Namespace!, StringComparison.Ordinal))
            // Whoever runs the scheduler has nothing to do with it.
            .TakeWhile(static call => !call.StartsWith($"{typeof(Scheduler).FullName}.", StringComparison.Ordinal)).Take(FramesMax).ToList();
        return calls.Count == 0 ? "a continuation that nobody's code started" : string.Join(" < ", calls);
    }

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        ArgumentNullException.ThrowIfNull(eventSource);
        if (eventSource.Name == "System.Diagnostics.Eventing.FrameworkEventSource")
        {
            EnableEvents(eventSource, EventLevel.Verbose, ThreadPoolWork | ThreadTransfer);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        ArgumentNullException.ThrowIfNull(eventData);
        var isWork = eventData.EventName?.StartsWith("ThreadPoolEnqueueWork", StringComparison.Ordinal) == true;
        // Transfers of kind 1 are timers that were set.
        var isTimer = eventData.EventName?.StartsWith("ThreadTransferSend", StringComparison.Ordinal) == true && eventData.Payload is [_, 1, ..];
        var scheduler = isWork || isTimer ? _ofThisThread ?? Fiber.Current?.Scheduler : null;
        if (scheduler is null && !(isWork && _remembers))
        {
            return;
        }

        var calls = Calls();
        scheduler?.NoteEscape(isWork ? "work for the thread pool" : "a timer of the real clock", calls);
        Last = isWork && _remembers ? calls : Last;
    }

    private static PoolWatch Create()
    {
        var watch = new PoolWatch();
        // The pool asks whether anybody listens only when it begins to work.
        using var works = new ManualResetEventSlim();
        ThreadPool.UnsafeQueueUserWorkItem(static works => works.Set(), works, preferLocal: false);
        works.Wait(TimeSpan.FromSeconds(10));
        return watch;
    }

    /// <summary>A call as its author wrote it: what the compiler makes of an asynchronous or a local method has a name of its own.</summary>
    private static string NameOf(string? type, string? method) =>
        AuthoredMethod().Match($"{type}.{method}") is { Success: true } match ? $"{match.Groups[1].Value}.{match.Groups[2].Value}" : $"{type}.{method}";

    [GeneratedRegex(@"^(.+?)(?:\+<>c[^.]*)?[+.]<+(\w+)>.*$")]
    private static partial Regex AuthoredMethod();
}
