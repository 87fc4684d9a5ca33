namespace Airlock.Client;

/// <summary>The one place that starts work, without the context of whoever called. Nothing inside has to leave a context again.</summary>
/// <param name="scheduler">Where it runs. What awaits there goes on there, so that a scheduler which decides about every step misses none.</param>
internal sealed class Spawner(TaskScheduler scheduler)
{
#pragma warning disable RS0030 // The one door: everything else is started through it.
    private readonly TaskFactory _factory = new(CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskContinuationOptions.None, scheduler);

    /// <summary>On the thread pool.</summary>
    public static Spawner Pool { get; } = new(TaskScheduler.Default);

    public Task StartAsync(Func<Task> work) => _factory.StartNew(work).Unwrap();

    public Task<T> StartAsync<T>(Func<Task<T>> work) => _factory.StartNew(work).Unwrap();
#pragma warning restore RS0030

    /// <summary>Runs foreign code that has no answer, for nobody to wait for.</summary>
    public void Run(Action code) => _ = StartAsync(() =>
    {
        try
        {
            code();
        }
        catch (Exception)
        {
            // It harms nobody here, and there is nobody to tell: what it was called for has ended.
        }

        return Task.CompletedTask;
    });
}
