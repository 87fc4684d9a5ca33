using System.Collections.Immutable;
using System.Diagnostics;
using Airlock.Core;

namespace Airlock;

/// <summary>What the process knows of its gates, checked once for all connections and published here. Safe for concurrent use.</summary>
/// <remarks>Invariant: nobody waits while every required gate is open.</remarks>
public sealed class GateBoard
{
    private readonly Lock _lock = new();
    private readonly HashSet<Action> _watchers = [];
    private volatile ImmutableArrayBox _gates = new([]);
    private readonly HashSet<TaskCompletionSource> _waiting = [];

    /// <summary>A reference that can be swapped and read in one step.</summary>
    private sealed record ImmutableArrayBox(ImmutableArray<GateReport> Reports);

    /// <summary>The gates as they are now, in the order they were declared.</summary>
    public ImmutableArray<GateReport> Gates => _gates.Reports;

    /// <summary>Which gates are down, as a connection's lifecycle sees it.</summary>
    public GateStatus Status => StatusOf(Gates);

    /// <summary>Declares a gate in state <see cref="GateState.Waiting"/>. At most 64, before the first connection.</summary>
    /// <param name="name">Its name: 1 to 128 characters, once.</param>
    /// <param name="required">Whether connections wait for it.</param>
    /// <exception cref="ArgumentException">The name is taken or too long.</exception>
    /// <exception cref="InvalidOperationException">There are 64 already.</exception>
    public void Declare(string name, bool required)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, WireLimits.NameLengthMax, nameof(name));
        lock (_lock)
        {
            if (Gates.Any(g => g.Name == name))
            {
                throw new ArgumentException($"A gate named '{name}' is declared already.", nameof(name));
            }

            if (Gates.Length == 64)
            {
                throw new InvalidOperationException("There are 64 gates already, and that is the most. Take the tag 'gate' off some health checks, or make one check of several.");
            }

            _gates = new(Gates.Add(new GateReport(name, required, GateState.Waiting, null)));
        }
    }

    /// <summary>Publishes what was found out about a gate. Watchers are told if anything changed.</summary>
    /// <param name="name">A declared gate.</param>
    /// <param name="state">What is known now.</param>
    /// <param name="retryAfter">When it is looked at again, or null.</param>
    /// <exception cref="ArgumentException">No such gate was declared.</exception>
    public void Report(string name, GateState state, TimeSpan? retryAfter = null)
    {
        Action[] watchers;
        TaskCompletionSource[] waiting;
        lock (_lock)
        {
            var gates = Gates;
            var index = gates.IndexOf(gates.FirstOrDefault(g => g.Name == name) ?? throw new ArgumentException($"No gate named '{name}' was declared.", nameof(name)));
            var changed = gates[index].State != state;
            _gates = new(gates.SetItem(index, gates[index] with { State = state, RetryAfter = retryAfter }));
            if (!changed)
            {
                return;
            }

            watchers = [.. _watchers];
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var waiter in waiting)
        {
            waiter.TrySetResult();
        }

        foreach (var watcher in watchers)
        {
            watcher();
        }
    }

    /// <summary>How many wait for changes.</summary>
    internal int WatcherCount
    {
        get
        {
            lock (_lock)
            {
                return _watchers.Count;
            }
        }
    }

    /// <summary>Waits until no required gate is down.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal async Task RequiredOpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                if (Status.RequiredOpen)
                {
                    return;
                }

                _waiting.Add(changed);
            }

            // Not Task.WaitAsync: it would go by way of the thread pool, whatever context the caller has.
            using var cancelled = cancellationToken.Register(() => changed.TrySetCanceled(cancellationToken));
            try
            {
                await changed.Task;
            }
            finally
            {
                lock (_lock)
                {
                    _waiting.Remove(changed);
                }
            }
        }
    }

    /// <summary>Calls an action after each change, outside any lock, until <see cref="Unwatch"/>. It may be called once more after that.</summary>
    internal void Watch(Action watcher)
    {
        lock (_lock)
        {
            _watchers.Add(watcher);
        }
    }

    internal void Unwatch(Action watcher)
    {
        lock (_lock)
        {
            _watchers.Remove(watcher);
        }
    }

    /// <summary>Checks the invariants: for tests, after each step.</summary>
    /// <exception cref="UnreachableException">One does not hold: a bug in here.</exception>
    internal void CheckInvariants()
    {
        lock (_lock)
        {
            var broken = _waiting.Any(static waiter => !waiter.Task.IsCompleted) && Status.RequiredOpen ? "somebody waits for gates that are open"
                : Gates.Length > 64 || Gates.Select(static gate => gate.Name).Distinct().Count() != Gates.Length ? "a gate is declared twice, or one too many"
                : null;
            if (broken is not null)
            {
                throw new UnreachableException($"The gate board is broken: {broken}.");
            }
        }
    }

    internal static GateStatus StatusOf(ImmutableArray<GateReport> gates)
    {
        ulong required = 0;
        ulong optional = 0;
        for (var i = 0; i < gates.Length; i++)
        {
            var bit = 1UL << i;
            required |= gates[i].IsRequired && !gates[i].IsPassable ? bit : 0;
            optional |= gates[i].State != GateState.Open && (!gates[i].IsRequired || gates[i].IsPassable) ? bit : 0;
        }

        return new GateStatus(required, optional);
    }
}
