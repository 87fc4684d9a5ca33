using System.Collections.Concurrent;

namespace Airlock.Lab.Hosts;

/// <summary>One thread for everything that the legacy endpoint does, as the incident's server had one event loop. What is awaited under it comes back to it.</summary>
internal sealed class EventLoop : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _work = [];

    public EventLoop() => new Thread(Run) { IsBackground = true, Name = "event loop" }.Start();

    /// <summary>Starts work on the loop.</summary>
    /// <param name="work">The work.</param>
    /// <returns>When it is done, with its exception if there was one.</returns>
    public Task StartAsync(Func<Task> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(_ => _ = CompleteAsync(work, done), null);
        return done.Task;
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            _work.Add((d, state));
        }
        catch (InvalidOperationException)
        {
            // The host has ended, and nobody waits for what comes now.
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody waits for the loop.");

    public override SynchronizationContext CreateCopy() => this;

    public void Dispose() => _work.CompleteAdding();

    private static async Task CompleteAsync(Func<Task> work, TaskCompletionSource done)
    {
        try
        {
            await work();
            done.SetResult();
        }
        catch (Exception e)
        {
            // Whoever started it hears of it.
            done.SetException(e);
        }
    }

    private void Run()
    {
        SetSynchronizationContext(this);
        foreach (var (callback, state) in _work.GetConsumingEnumerable())
        {
            callback(state);
        }
    }
}
