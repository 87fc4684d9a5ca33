using Airlock.Lab.Scheduling;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Simulation;

/// <summary>A session store that is slow, fails, or fails after it has done what it was asked.</summary>
public sealed class StoreFaults(Scheduler scheduler, Trace trace)
{
    private static readonly string[] _beforeNames = [.. Enum.GetNames<StoreCall>().Select(static call => $"store: {call} fails")];
    private static readonly string[] _afterNames = [.. Enum.GetNames<StoreCall>().Select(static call => $"store: {call} fails after the effect")];
    private readonly Dictionary<StoreCall, Fault> _faults = [];

    /// <summary>Makes a call slow.</summary>
    /// <param name="call">Which.</param>
    /// <param name="delay">How slow.</param>
    public void Delay(StoreCall call, TimeSpan delay) => Of(call).Delay = delay;

    /// <summary>Lets a call fail without any effect.</summary>
    /// <param name="call">Which.</param>
    /// <param name="times">How often.</param>
    public void FailBefore(StoreCall call, int times) => Of(call).Before = times;

    /// <summary>Lets a call fail after its effect: the caller cannot know.</summary>
    /// <param name="call">Which.</param>
    /// <param name="times">How often.</param>
    public void FailAfter(StoreCall call, int times) => Of(call).After = times;

    /// <summary>Whether every call is a step of its own, as with a store elsewhere. Default: only the attach is; the store in memory answers at once.</summary>
    public bool IsRemote { get; set; }

    internal async ValueTask BeforeAsync(StoreCall call)
    {
        if (IsRemote || call == StoreCall.Attach)
        {
            await Task.Yield();
        }

        if (!_faults.TryGetValue(call, out var fault))
        {
            return;
        }

        if (fault.Delay > TimeSpan.Zero)
        {
            await Task.Delay(fault.Delay, scheduler.Time);
        }

        if (fault.Before > 0)
        {
            fault.Before--;
            trace.Add(TraceKind.Fault, name: _beforeNames[(int)call]);
            throw new IOException("The store fails, as the scenario wants it.");
        }
    }

    internal void After(StoreCall call)
    {
        if (_faults.TryGetValue(call, out var fault) && fault.After > 0)
        {
            fault.After--;
            trace.Add(TraceKind.Fault, name: _afterNames[(int)call]);
            throw new IOException("The store fails after the effect, as the scenario wants it.");
        }
    }

    private Fault Of(StoreCall call)
    {
        if (!_faults.TryGetValue(call, out var fault))
        {
            _faults.Add(call, fault = new Fault());
        }

        return fault;
    }

    private sealed class Fault
    {
        public TimeSpan Delay { get; set; }

        public int Before { get; set; }

        public int After { get; set; }
    }
}
