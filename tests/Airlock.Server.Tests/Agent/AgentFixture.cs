using Airlock.Server.Agent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Server.Tests.Agent;

/// <summary>One agent over a given model, with time that only the test moves.</summary>
internal sealed class AgentFixture
{
    public AgentFixture(IChatClient model, AgentTools? tools = null, AgentOptions? options = null)
    {
        History = new ConversationHistory(Options.Create(new ConversationHistoryOptions()));
        Run = new AgentRun(
            model, History, tools ?? UsageTools.For, Options.Create(options ?? new AgentOptions()), Time, NullLogger<AgentRun>.Instance);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));

    public ConversationHistory History { get; }

    public AgentRun Run { get; }

    public async Task<List<AgentEvent>> AskAsync(string question, string messageId = "m1", string user = "ann")
    {
        var events = new List<AgentEvent>();
        await foreach (var happened in Run.AskAsync(user, messageId, question, TestContext.Current.CancellationToken))
        {
            events.Add(happened);
        }

        AssertWellFormed(events);
        return events;
    }

    /// <summary>What holds for every run that was not stopped.</summary>
    public static void AssertWellFormed(List<AgentEvent> events)
    {
        Assert.IsType<AgentStarted>(events[0]);
        Assert.True(events[^1] is AgentCompleted or AgentError, $"The run ended with {events[^1]}.");
        Assert.Single(events, happened => happened is AgentStarted);
        Assert.Single(events, happened => happened is AgentCompleted or AgentError);
        Assert.Single(events.Select(happened => happened.RunId).Distinct());
        Assert.All(events, happened =>
        {
            Assert.NotEmpty(happened.RunId);
            Assert.NotEmpty(happened.AgentName);
            Assert.NotEqual(default, happened.Timestamp);
        });
        AssertToolsArePaired(events);
        if (events[^1] is AgentCompleted completed)
        {
            Assert.Equal(completed.Text, string.Concat(events.OfType<AnswerDelta>().Select(delta => delta.Text)));
            Assert.Equal(completed.ToolCount, events.OfType<ToolExecuting>().Count());
            Assert.NotEmpty(events.OfType<AgentThinking>());
        }
    }

    public static void AssertToolsArePaired(List<AgentEvent> events)
    {
        (string Tool, string CallId)? open = null;
        foreach (var happened in events)
        {
            if (happened is ToolExecuting executing)
            {
                Assert.Null(open);
                open = (executing.Tool, executing.CallId);
            }
            else if (happened is ToolCompleted completed)
            {
                Assert.Equal((completed.Tool, completed.CallId), open);
                open = null;
            }
        }

        Assert.Null(open);
        Assert.Distinct(events.OfType<ToolExecuting>().Select(executing => executing.CallId));
    }
}
