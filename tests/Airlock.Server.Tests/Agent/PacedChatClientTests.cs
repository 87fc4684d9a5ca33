using Airlock.Server.Agent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Server.Tests.Agent;

public class PacedChatClientTests
{
    private static readonly TimeSpan s_patience = Patience.Max;

    [Fact]
    public async Task Each_piece_waits_for_its_pause()
    {
        var time = new FakeTimeProvider();
        var client = new PacedChatClient(new ScriptedModel(["one", "two"]), TimeSpan.FromMilliseconds(15), time);
        await using var pieces = client.GetStreamingResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await pieces.MoveNextAsync());
        Assert.Equal("one", pieces.Current.Text);

        var next = pieces.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromMilliseconds(14));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(await next.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.Equal("two", pieces.Current.Text);
    }

    [Fact]
    public async Task Before_a_tool_the_pause_is_twenty_times_as_long()
    {
        var time = new FakeTimeProvider();
        var client = new PacedChatClient(new ScriptedModel([new FunctionCallContent("c", "t")]), TimeSpan.FromMilliseconds(15), time);
        await using var pieces = client.GetStreamingResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await pieces.MoveNextAsync());

        var next = pieces.MoveNextAsync().AsTask();
        time.Advance(TimeSpan.FromMilliseconds(299));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(await next.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_a_pace_nothing_waits()
    {
        var client = new PacedChatClient(new ScriptedModel(["one", "two"]), TimeSpan.Zero, new FakeTimeProvider());

        var response = await client.GetStreamingResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken)
            .ToChatResponseAsync(TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.Equal("onetwo", response.Text);
    }
}
