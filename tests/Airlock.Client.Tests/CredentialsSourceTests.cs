namespace Airlock.Client.Tests;

public sealed class CredentialsSourceTests
{
    private const int UnansweredMax = 8;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_many_as_8_calls_may_be_unanswered_and_an_answer_of_any_kind_makes_room_for_one()
    {
        var answers = Enumerable.Range(0, UnansweredMax + 3).Select(static _ => new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously)).ToList();
        var asked = -1;
        var source = new CredentialsSource(new AirlockClientOptions { Token = _ => new(answers[Interlocked.Increment(ref asked)].Task) });
        var asking = Enumerable.Range(0, UnansweredMax).Select(_ => AskAsync()).ToList();
        for (var n = 0; n < 3; n++)
        {
            // Each refusal leaves the count as it was.
            Assert.Contains("8 earlier calls of the credentials callback", (await Assert.ThrowsAsync<InvalidOperationException>(AskAsync)).Message, StringComparison.Ordinal);
        }

        answers[0].SetResult("token");
        Assert.Equal("token", (await (await Task.WhenAny(asking)).WaitAsync(Patience.Max, Cancellation)).Secret);
        asking.Add(AskAsync());
        Assert.Contains("8 earlier", (await Assert.ThrowsAsync<InvalidOperationException>(AskAsync)).Message, StringComparison.Ordinal);
        answers[1].SetException(new TimeZoneNotFoundException("no"));
        var failed = await WhenFailedAsync(asking).WaitAsync(Patience.Max, Cancellation);
        Assert.IsType<TimeZoneNotFoundException>(failed);
        asking.Add(AskAsync());
        Assert.Contains("8 earlier", (await Assert.ThrowsAsync<InvalidOperationException>(AskAsync)).Message, StringComparison.Ordinal);
        answers.ForEach(static answer => answer.TrySetResult(null));
        await Task.WhenAll(asking.Where(static ask => !ask.IsFaulted)).WaitAsync(Patience.Max, Cancellation);
        // Nothing is unanswered any more.
        answers.AddRange(Enumerable.Range(0, UnansweredMax).Select(static _ => new TaskCompletionSource<string?>()));
        asked = answers.Count - UnansweredMax - 1;
        asking = [.. Enumerable.Range(0, UnansweredMax).Select(_ => AskAsync())];
        answers.ForEach(static answer => answer.TrySetResult(null));
        await Task.WhenAll(asking).WaitAsync(Patience.Max, Cancellation);

        Task<Offer> AskAsync() => source.AskAsync(CredentialsReason.Connect, new Abandonment(Spawner.Pool));
    }

    [Fact]
    public async Task Callback_is_told_why_it_is_asked_and_when_nobody_waits_any_more()
    {
        var abandonment = new Abandonment(Spawner.Pool);
        CredentialsRequest? request = null;
        var source = new CredentialsSource(new AirlockClientOptions
        {
            Ticket = async asked =>
            {
                request = asked;
                await Task.Yield();
                return "ticket";
            },
            CredentialsIn = CredentialCarrier.Query,
        });
        Assert.Equal("ticket", (await source.AskAsync(CredentialsReason.Expired, abandonment).WaitAsync(Patience.Max, Cancellation)).Carrier);
        Assert.Equal((CredentialsReason.Expired, false), (request!.Value.Reason, request.Value.Cancellation.IsCancellationRequested));
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var given = request.Value.Cancellation.Register(fired.SetResult);
        abandonment.Now();
        await fired.Task.WaitAsync(Patience.Max, Cancellation);
        Assert.Equal("", (await new CredentialsSource(new AirlockClientOptions()).AskAsync(CredentialsReason.Connect, abandonment)).Secret);
    }

    private static async Task<Exception> WhenFailedAsync(List<Task<Offer>> asking)
    {
        using var patience = new CancellationTokenSource(Patience.Max);
        while (asking.TrueForAll(static ask => !ask.IsFaulted))
        {
            await Task.Delay(1, patience.Token);
        }

        return asking.Find(static ask => ask.IsFaulted)!.Exception!.InnerException!;
    }
}
