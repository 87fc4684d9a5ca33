using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests.Contests;

/// <summary>Callers that meet at some objects of the product, each a party of its own.</summary>
/// <param name="scheduler">What decides who goes on, at each entry of a lock.</param>
internal sealed class Callers(Scheduler scheduler)
{
    private int _count;

    /// <summary>The clock. It goes on when nobody can do anything.</summary>
    public SimulatedTime Time => scheduler.Time;

    /// <summary>The first promise that was not kept, or null.</summary>
    public string? Broken { get; private set; }

    /// <summary>Whether they meet now. What is before and after is done in one order.</summary>
    public bool AreMeeting { get; private set; }

    /// <summary>Lets some call at once, and waits until each of them is through.</summary>
    /// <param name="calls">What each of them does.</param>
    public async Task MeetAsync(params Func<Task>[] calls)
    {
        AreMeeting = true;
        await Task.WhenAll(calls.Select(call => scheduler.StartAsync(scheduler.NewActor($"caller {++_count}"), "calls", call)));
        AreMeeting = false;
    }

    /// <summary>As the other, for callers that never wait.</summary>
    /// <param name="calls">What each of them does.</param>
    public Task MeetAsync(params Action[] calls) => MeetAsync([.. calls.Select<Action, Func<Task>>(static call => () =>
    {
        call();
        return Task.CompletedTask;
    })]);

    /// <summary>What must be so.</summary>
    /// <param name="isSo">Whether it is.</param>
    /// <param name="promise">What, as a sentence.</param>
    public void Must(bool isSo, string promise) => Broken ??= isSo ? null : promise;
}
