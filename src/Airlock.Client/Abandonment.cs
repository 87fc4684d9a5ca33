namespace Airlock.Client;

/// <summary>
/// Waits for foreign code (the application's callbacks, its WebSocket, what it has registered with a cancellation token) until somebody gives up.
/// Foreign code may never return, block its thread or throw anything, so all of it runs on the pool and nothing of the client stands behind it.
/// </summary>
/// <param name="spawner">Starts it.</param>
#pragma warning disable CA1001 // A source without a timer or a wait handle holds nothing, and foreign code may use its token at any later time.
internal sealed class Abandonment(Spawner spawner)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _source = new();
    private readonly TaskCompletionSource _given = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the wait was given up.</summary>
    public bool IsNow => _given.Task.IsCompleted;

    /// <summary>For foreign code that listens.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Gives up: whoever waits goes on at once, the token fires soon.</summary>
    public void Now()
    {
        if (_given.TrySetResult())
        {
            spawner.Run(_source.Cancel);
        }
    }

    /// <summary>Waits until a task has ended, or the wait is given up.</summary>
    /// <remarks>Not <c>Task.WhenAny</c>: that ends on the thread pool where a task's continuations run asynchronously, as those of all that others complete do here.</remarks>
    public Task UntilAsync(Task task)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = TellAsync(task);
        _ = TellAsync(_given.Task);
        return over.Task;

        async Task TellAsync(Task either)
        {
            try
            {
                await either;
            }
            catch (Exception)
            {
                // Whoever waits looks at the task.
            }

            over.TrySetResult();
        }
    }

    /// <summary>Asks foreign code.</summary>
    /// <param name="code">What to run, on the pool.</param>
    /// <param name="late">What to do with an answer that comes too late, or null.</param>
    /// <exception cref="OperationCanceledException">The wait was given up.</exception>
    public async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> code, Action<T>? late = null)
    {
        var answer = spawner.StartAsync(() => code(Token));
        await UntilAsync(answer);
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
