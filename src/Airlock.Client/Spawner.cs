namespace Airlock.Client;

/// <summary>The one place that starts work: on the thread pool, without the context of whoever called. Nothing inside has to leave a context again.</summary>
internal static class Spawner
{
    public static Task StartAsync(Func<Task> work) => Task.Run(work);

    public static Task<T> StartAsync<T>(Func<Task<T>> work) => Task.Run(work);
}
