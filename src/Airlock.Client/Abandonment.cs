namespace Airlock.Client;

/// <summary>
/// Waits for foreign code (the application's callbacks, its WebSocket, what it has registered with a cancellation token) until somebody gives up.
/// Foreign code may never return, block its thread or throw anything, so all of it runs on the pool and nothing of the client stands behind it.
/// </summary>
#pragma warning disable CA1001 // A source without a timer or a wait handle holds nothing, and foreign code may use its token at any later time.
internal sealed class Abandonment
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _source = new();
    private readonly TaskCompletionSource _given = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the wait is given up.</summary>
    public Task Task => _given.Task;

    /// <summary>For foreign code that listens.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Gives up: whoever waits goes on at once, the token fires soon.</summary>
    public void Now()
    {
        if (_given.TrySetResult())
        {
            Run(_source.Cancel);
        }
    }

    /// <summary>Runs foreign code that has no answer, for nobody to wait for.</summary>
    public static void Run(Action code) => _ = Spawner.StartAsync(() =>
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

    /// <summary>Asks foreign code.</summary>
    /// <param name="code">What to run, on the pool.</param>
    /// <param name="late">What to do with an answer that comes too late, or null.</param>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> code, Action<T>? late = null)
    {
        var answer = Spawner.StartAsync(() => code(Token));
        await Task.WhenAny(answer, Task);
        if (answer.IsCompleted)
        {
            return await answer;
        }

        _ = DropAsync(answer, late);
        throw new OperationCanceledException();
    }

    private static async Task DropAsync<T>(Task<T> answer, Action<T>? late)
    {
        try
        {
            late?.Invoke(await answer);
        }
        catch (Exception)
        {
            // Nobody waits for it; without this it would be an unobserved exception.
        }
    }
}
