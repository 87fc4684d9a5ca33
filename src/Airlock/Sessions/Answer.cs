namespace Airlock;

/// <summary>What a store answers, waited for no longer than its caller likes. Awaited in the caller's own context: Task.WhenAny and Task.WaitAsync would go through the thread pool.</summary>
internal static class Answer
{
    /// <summary>Waits until there is an answer, or nobody wants it any more.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled first. What is answered later nobody hears.</exception>
    internal static ValueTask<T> UntilAsync<T>(ValueTask<T> answer, CancellationToken cancelled) =>
        answer.IsCompleted || !cancelled.CanBeCanceled ? answer : UntilAsync(answer.AsTask(), cancelled);

    /// <summary>Tells that a task is over, whatever became of it.</summary>
    internal static async Task NoteAsync(Task asked, TaskCompletionSource<bool> first)
    {
        try
        {
            await asked;
        }
        catch (Exception)
        {
            // Thrown again where the answer is waited for; one that is too late has been told as that.
        }

        first.TrySetResult(true);
    }

    private static async ValueTask<T> UntilAsync<T>(Task<T> asked, CancellationToken cancelled)
    {
        // Set by whichever comes first.
        var first = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = cancelled.UnsafeRegister(static first => ((TaskCompletionSource<bool>)first!).TrySetResult(false), first);
        _ = NoteAsync(asked, first);
        return await first.Task ? await asked : throw new OperationCanceledException(cancelled);
    }
}
