using System.Text.Json;
using Airlock.Server.Agent;
using Microsoft.Extensions.AI;

namespace Airlock.Server.Tests.Agent;

public class AgentRunTests
{
    [Fact]
    public async Task The_events_of_a_run_come_in_order()
    {
        var agent = new AgentFixture(new CostAnalyst());

        var events = await agent.AskAsync("Where does my AI spend go?");

        var types = events.Select(happened => happened.GetType().Name).ToList();
        Assert.Equal(
            ["AgentStarted", "AgentThinking", "AgentThinking", "ToolExecuting", "ToolCompleted", "AgentThinking", "ToolExecuting", "ToolCompleted",
                "AgentThinking", "ToolExecuting", "ToolCompleted", "AnswerDelta"],
            types.Take(12));
        Assert.Equal(3, Assert.IsType<AgentCompleted>(events[^1]).ToolCount);
        Assert.All(events, happened => Assert.Equal(("cost-analyst", agent.Time.GetUtcNow()), (happened.AgentName, happened.Timestamp)));
        Assert.Contains($"{SampleFigures.Lines.Length} rows", Assert.IsType<ToolCompleted>(events[4]).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_runs_have_two_ids()
    {
        var agent = new AgentFixture(new CostAnalyst());

        Assert.NotEqual((await agent.AskAsync("hello"))[0].RunId, (await agent.AskAsync("hello"))[0].RunId);
    }

    [Fact]
    public async Task A_tool_that_throws_is_completed_as_failed_and_the_run_goes_on()
    {
        var model = new ScriptedModel([new FunctionCallContent("c", "boom")], ["sorry"]);
        var agent = new AgentFixture(model, _ => [Tool("boom", string () => throw new InvalidOperationException("secret inside"))]);

        var events = await agent.AskAsync("x");

        var tool = Assert.Single(events.OfType<ToolCompleted>());
        Assert.False(tool.Ok);
        Assert.DoesNotContain(events, happened => happened.ToString().Contains("secret", StringComparison.Ordinal));
        Assert.Equal("sorry", Assert.IsType<AgentCompleted>(events[^1]).Text);
        var told = Assert.IsType<FunctionResultContent>(model.Asked[1][^1].Contents[0]);
        Assert.Equal("c", told.CallId);
        Assert.DoesNotContain("secret", told.Result!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tools_own_problem_is_told_to_the_user_and_the_model()
    {
        var model = new ScriptedModel([new FunctionCallContent("c", "picky")], ["sorry"]);
        var agent = new AgentFixture(model, _ => [Tool("picky", string () => throw new AgentToolException("No such file."))]);

        var events = await agent.AskAsync("x");

        Assert.Equal((false, "No such file."), events.OfType<ToolCompleted>().Select(tool => (tool.Ok, tool.Summary)).Single());
        Assert.Contains("No such file.", ((FunctionResultContent)model.Asked[1][^1].Contents[0]).Result!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_that_does_not_exist_and_arguments_that_do_not_fit_are_failed_tools()
    {
        var model = new ScriptedModel(
            [new FunctionCallContent("a", new string('n', 500)), new FunctionCallContent("b", UsageTools.LoadUsage),
                new FunctionCallContent("c", UsageTools.LoadUsage, new Dictionary<string, object?> { ["source"] = "/etc/passwd" }),
                new FunctionCallContent("d", UsageTools.LoadUsage) { Exception = new JsonException() },
                new FunctionCallContent("e", UsageTools.CostByModel)],
            ["done"]);

        var events = await new AgentFixture(model).AskAsync("x");

        Assert.Equal(5, events.OfType<ToolCompleted>().Count(tool => !tool.Ok && tool.Tool.Length <= 64));
        Assert.Equal(
            ["There is no such tool.", "The tool's arguments do not fit.", "There is no such source; choose 'pasted' or 'sample'.",
                "The tool's arguments could not be read.", "No usage is loaded yet; call load_usage first."],
            events.OfType<ToolCompleted>().Select(tool => tool.Summary));
        Assert.Equal(5, Assert.IsType<AgentCompleted>(events[^1]).ToolCount);
    }

    [Fact]
    public async Task Several_calls_at_once_run_one_after_another_with_ids_of_their_own()
    {
        var model = new ScriptedModel([new FunctionCallContent("", "t"), new FunctionCallContent("", "t")], ["done"]);

        var events = await new AgentFixture(model, _ => [Tool("t", () => "fine")]).AskAsync("x");

        Assert.Equal(["tool-1", "tool-2"], events.OfType<ToolCompleted>().Select(tool => tool.CallId));
    }

    [Fact]
    public async Task Text_before_and_after_a_tool_is_one_answer_in_two_paragraphs()
    {
        var model = new ScriptedModel(["Let me look.", new FunctionCallContent("c", "t")], ["It is ", "42."]);

        var events = await new AgentFixture(model, _ => [Tool("t", () => "fine")]).AskAsync("x");

        Assert.Equal("Let me look.\n\nIt is 42.", Assert.IsType<AgentCompleted>(events[^1]).Text);
    }

    [Fact]
    public async Task A_thought_in_pieces_is_one_event_that_comes_before_what_follows_it()
    {
        var model = new ScriptedModel([new TextReasoningContent("I will "), new TextReasoningContent("look."), "Found it."]);

        var events = await new AgentFixture(model).AskAsync("x");

        Assert.Equal(
            ["AgentStarted", "AgentThinking", "AgentThinking", "AnswerDelta", "AgentCompleted"], events.Select(happened => happened.GetType().Name));
        Assert.Equal("I will look.", Assert.IsType<AgentThinking>(events[2]).Text);
    }

    [Fact]
    public async Task A_model_that_fails_ends_the_run_in_one_error_without_internals()
    {
        foreach (var (failure, cause) in new (Exception, string)[]
        {
            (new HttpRequestException("connect to 10.0.0.7:443"), AgentCause.ModelUnavailable),
            (new IOException("10.0.0.7 broke"), AgentCause.ModelUnavailable),
            (new TaskCanceledException("10.0.0.7 timed out"), AgentCause.ModelUnavailable),
            (new InvalidOperationException("10.0.0.7 bug"), AgentCause.Internal),
        })
        {
            var agent = new AgentFixture(new ScriptedModel(["Half of an ans", failure]));

            var events = await agent.AskAsync("x");

            var error = Assert.IsType<AgentError>(events[^1]);
            Assert.Equal(cause, error.Cause);
            Assert.NotEmpty(error.Message);
            Assert.NotEmpty(error.Action);
            Assert.DoesNotContain("10.0.0.7", error.ToString(), StringComparison.Ordinal);
            Assert.Empty(agent.History.Recall("ann"));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData("12345678901")]
    public async Task An_empty_or_overlong_question_is_refused_before_the_model_is_asked(string question)
    {
        var model = new ScriptedModel(["never"]);

        var events = await new AgentFixture(model, options: new AgentOptions { QuestionCharactersMax = 10 }).AskAsync(question);

        Assert.Equal(AgentCause.BadQuestion, Assert.IsType<AgentError>(events[^1]).Cause);
        Assert.Empty(model.Asked);
    }

    [Fact]
    public async Task An_answer_without_text_is_an_error()
    {
        Assert.Equal(AgentCause.EmptyAnswer, Assert.IsType<AgentError>((await new AgentFixture(new ScriptedModel([" "])).AskAsync("x"))[^1]).Cause);
    }

    [Fact]
    public async Task A_model_that_never_stops_calling_tools_or_writing_meets_a_limit()
    {
        AgentTools tools = _ => [Tool("t", () => "fine")];
        object[] one = [new FunctionCallContent("c", "t")];
        object[] three = [.. Enumerable.Range(0, 3).Select(at => new FunctionCallContent($"c{at}", "t"))];

        var rounds = await new AgentFixture(new ScriptedModel(one), tools, new AgentOptions { RoundsMax = 4 }).AskAsync("x");
        var calls = await new AgentFixture(new ScriptedModel(three), tools, new AgentOptions { ToolCallsMax = 4 }).AskAsync("x");
        var text = await new AgentFixture(new ScriptedModel(["12345", "67890", "1"]), tools, new AgentOptions { AnswerCharactersMax = 10 }).AskAsync("x");

        Assert.All([rounds, calls, text], events => Assert.Equal(AgentCause.LimitReached, Assert.IsType<AgentError>(events[^1]).Cause));
        Assert.Equal(4, rounds.OfType<ToolCompleted>().Count());
        Assert.Equal(4, calls.OfType<ToolCompleted>().Count());
        Assert.Equal(2, text.OfType<AnswerDelta>().Count());
    }

    [Fact]
    public async Task Stopping_in_the_middle_of_an_answer_throws_and_remembers_nothing()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var agent = new AgentFixture(new ScriptedModel(["Half", new TaskCompletionSource().Task]));
        var events = new List<AgentEvent>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var happened in agent.Run.AskAsync("ann", "m1", "x", stop.Token))
            {
                events.Add(happened);
                if (happened is AnswerDelta)
                {
                    stop.Cancel();
                }
            }
        });

        Assert.IsType<AnswerDelta>(events[^1]);
        Assert.Empty(agent.History.Recall("ann"));
    }

    [Fact]
    public async Task Stopping_in_the_middle_of_a_tool_completes_the_tool_and_then_throws()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var model = new ScriptedModel([new FunctionCallContent("c", "slow")]);
        AgentTools tools = _ => [Tool("slow", async (CancellationToken token) =>
        {
            stop.Cancel();
            await Task.Delay(Timeout.Infinite, token);
        })];
        var events = new List<AgentEvent>();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var happened in new AgentFixture(model, tools).Run.AskAsync("ann", "m1", "x", stop.Token))
            {
                events.Add(happened);
            }
        });

        AgentFixture.AssertToolsArePaired(events);
        Assert.Equal((false, "Stopped."), Assert.IsType<ToolCompleted>(events[^1]) is var tool ? (tool.Ok, tool.Summary) : default);
    }

    [Fact]
    public async Task A_stop_that_breaks_the_models_stream_is_still_a_stop()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var agent = new AgentFixture(new ScriptedModel(["Half", new IOException("aborted")]));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var happened in agent.Run.AskAsync("ann", "m1", "x", stop.Token))
            {
                if (happened is AnswerDelta)
                {
                    stop.Cancel();
                }
            }
        });
    }

    [Fact]
    public async Task The_next_question_is_asked_with_the_conversation_before_it()
    {
        var model = new ScriptedModel(["one"], ["two"]);
        var agent = new AgentFixture(model);

        await agent.AskAsync("first", "m1");
        await agent.AskAsync("second", "m2");
        await agent.AskAsync("someone else's", "m1", user: "bob");

        Assert.Equal(["first", "one", "second"], model.Asked[1].Skip(1).Select(message => message.Text));
        Assert.Equal(["someone else's"], model.Asked[2].Skip(1).Select(message => message.Text));
        Assert.Equal(ChatRole.System, model.Asked[0][0].Role);
    }

    [Fact]
    public async Task Another_attempt_at_a_message_does_not_see_the_first_and_replaces_it()
    {
        var model = new ScriptedModel(["one"], ["two"], ["one again"]);
        var agent = new AgentFixture(model);
        await agent.AskAsync("first", "m1");
        await agent.AskAsync("second", "m2");

        await agent.AskAsync("first", "m1");

        Assert.DoesNotContain(model.Asked[2].SkipLast(1), message => message.Text is "first" or "one");
        Assert.Equal(["first", "one again", "second", "two"], agent.History.Recall("ann").Select(message => message.Text));
    }

    [Fact]
    public async Task A_hundred_runs_at_once_do_not_disturb_each_other()
    {
        var agent = new AgentFixture(new CostAnalyst());

        var runs = await Task.WhenAll(Enumerable.Range(0, 100).Select(at => Task.Run(() => agent.AskAsync("What could I save?", $"m{at}", $"user{at % 10}"))));

        Assert.Single(runs.Select(events => ((AgentCompleted)events[^1]).Text).Distinct());
        Assert.Equal(100, runs.Select(events => events[0].RunId).Distinct().Count());
        Assert.Equal(20, agent.History.Recall("user3").Count);
    }

    private static AIFunction Tool(string name, Delegate work) => AIFunctionFactory.Create(work, name);
}
