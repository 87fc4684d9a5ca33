namespace Airlock.Client.Tests;

public sealed class AbandonmentTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wait_ends_with_its_task_however_that_ends()
    {
        var abandonment = new Abandonment(Spawner.Pool);
        foreach (var end in new Action<TaskCompletionSource>[] { static source => source.SetResult(), static source => source.SetException(new TimeZoneNotFoundException("no")), static source => source.SetCanceled() })
        {
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var waiting = abandonment.UntilAsync(source.Task);
            Assert.False(waiting.IsCompleted);
            end(source);
            await waiting.WaitAsync(Patience.Max, Cancellation);
            _ = source.Task.Exception;
        }

        Assert.False(abandonment.IsNow);
        Assert.False(abandonment.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task Who_waits_goes_on_when_it_is_given_up_and_foreign_code_is_told()
    {
        var abandonment = new Abandonment(Spawner.Pool);
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var given = abandonment.Token.Register(fired.SetResult);
        var waiting = abandonment.UntilAsync(new TaskCompletionSource().Task);
        abandonment.Now();
        Assert.True(abandonment.IsNow);
        abandonment.Now();
        await waiting.WaitAsync(Patience.Max, Cancellation);
        await fired.Task.WaitAsync(Patience.Max, Cancellation);
    }

    [Fact]
    public async Task An_answer_that_comes_too_late_is_handed_to_who_clears_it_away()
    {
        foreach (var throws in new[] { false, true })
        {
            var abandonment = new Abandonment(Spawner.Pool);
            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            var late = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            var asking = abandonment.AskAsync(
                _ =>
                {
                    entered.SetResult();
                    return answer.Task;
                },
                value =>
                {
                    late.SetResult(value);
                    if (throws)
                    {
                        throw new TimeZoneNotFoundException("no");
                    }
                });
            await entered.Task.WaitAsync(Patience.Max, Cancellation);
            abandonment.Now();
            await Assert.ThrowsAsync<OperationCanceledException>(() => asking.WaitAsync(Patience.Max, Cancellation));
            Assert.False(late.Task.IsCompleted);
            answer.SetResult(7);
            Assert.Equal(7, await late.Task.WaitAsync(Patience.Max, Cancellation));
        }

        Assert.Equal(8, await new Abandonment(Spawner.Pool).AskAsync(static _ => Task.FromResult(8), static _ => Assert.Fail("It came in time.")).WaitAsync(Patience.Max, Cancellation));
    }
}
