namespace Airlock.Lab.Scheduling;

/// <summary>A party of a simulation. Whatever it awaits comes back as a step of its own, in the order that the strategy chooses.</summary>
public sealed class Actor : SynchronizationContext
{
    private readonly Scheduler _scheduler;

    internal Actor(Scheduler scheduler, int number, string name)
    {
        _scheduler = scheduler;
        Number = number;
        Name = name;
    }

    /// <summary>Its number within the simulation, from 0 in the order of creation.</summary>
    public int Number { get; }

    /// <summary>Its name in traces.</summary>
    public string Name { get; }

    /// <summary>Whether it is a party of this simulation.</summary>
    internal bool IsOf(Scheduler scheduler) => _scheduler == scheduler;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state) => _scheduler.Enqueue(new Step(this, null, d, state, IsRaw: false));

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state)
    {
        ArgumentNullException.ThrowIfNull(d);
        _scheduler.AssertOwnThread();
        d(state);
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;
}
