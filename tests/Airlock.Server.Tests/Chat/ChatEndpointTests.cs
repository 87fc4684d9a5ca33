using System.Text.Json.Nodes;
using Airlock.Client;
using Airlock.Server.Tests.Processes;

namespace Airlock.Server.Tests.Chat;

public sealed class ChatEndpointTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly ServerProcess _server = fixture.Server;

    [Fact]
    public async Task A_question_is_answered_step_by_step_and_kept()
    {
        await using var client = await ConnectAsync("asks");
        var question = client.Send(new { type = "ask", text = "Where does my AI spend go?" }, "q1");
        var messages = await UntilAsync(client, static m => m.Kind == MessageKind.End);
        await question.Done.WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken);
        var steps = messages.Where(m => m.Kind == MessageKind.Data && m.Re == "q1").ToList();
        var types = steps.Select(TypeOf).ToList();
        Assert.Equal("agent_started", types[0]);
        Assert.Equal("agent_completed", types[^1]);
        Assert.All(steps.SkipLast(1), static m => Assert.True(m.Provisional));
        Assert.False(steps[^1].Provisional);
        Assert.Equal(types.Count(static t => t == "tool_executing"), types.Count(static t => t == "tool_completed"));
        Assert.Contains("agent_thinking", types);
        var runs = steps.Select(static m => m.As<JsonNode>()!).Select(static e => ((string?)e["run_id"], (string?)e["agent_name"])).Distinct();
        Assert.Equal("cost-analyst", Assert.Single(runs).Item2);

        client.Send(new { type = "history" });
        var history = (await UntilAsync(client, static m => TypeOf(m) == "history"))[^1].As<JsonNode>()!["messages"]!.AsArray();
        Assert.Equal(["user", "assistant"], history.Select(static m => (string?)m!["role"]));
        Assert.Equal(("Where does my AI spend go?", "q1"), ((string?)history[0]!["text"], (string?)history[0]!["id"]));
        Assert.Equal((string?)steps[^1].As<JsonNode>()!["text"], (string?)history[1]!["text"]);
    }

    [Fact]
    public async Task A_pasted_file_is_what_the_answer_is_about()
    {
        await using var client = await ConnectAsync("pastes");
        client.Send(new { type = "ask", text = "Where does my AI spend go?", csv = "date,model,input_tokens,output_tokens,cost_usd\n2026-01-01,tiny-7,10,10,12.34\n" });
        var answer = (string?)(await UntilAsync(client, static m => TypeOf(m) == "agent_completed"))[^1].As<JsonNode>()!["text"];
        Assert.Contains("12.34", answer);
        Assert.Contains("tiny-7", answer);
    }

    [Theory]
    [InlineData("""{"type":"surprise"}""")]
    [InlineData("""{"type":"ask"}""")]
    [InlineData("""{}""")]
    public async Task An_unknown_request_is_answered_with_what_to_send(string request)
    {
        await using var client = await ConnectAsync("wonders");
        client.Send(JsonNode.Parse(request)!);
        var answer = (await UntilAsync(client, static m => m.Kind == MessageKind.Data))[^1].As<JsonNode>()!;
        Assert.Equal(("refused", "unknown_request"), ((string?)answer["type"], (string?)answer["cause"]));
        Assert.Contains("history", (string?)answer["message"]);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"ask\"")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"type":1}""")]
    public async Task A_request_that_is_no_object_of_that_form_is_answered_too(string request)
    {
        await using var client = await ConnectAsync("errs");
        client.SendJson(System.Text.Encoding.UTF8.GetBytes(request));
        var answer = (await UntilAsync(client, static m => m.Kind is MessageKind.Data))[^1].As<JsonNode>()!;
        Assert.Equal(("refused", "unknown_request"), ((string?)answer["type"], (string?)answer["cause"]));
    }

    [Fact]
    public async Task Another_session_of_the_user_hears_that_the_history_has_changed_and_nobody_else_does()
    {
        await using var one = await ConnectAsync("twice");
        await using var two = await ConnectAsync("twice");
        await using var other = await ConnectAsync("other");
        one.Send(new { type = "ask", text = "help" }, "twice-1");
        await UntilAsync(two, static m => TypeOf(m) == "history_changed");
        two.Send(new { type = "history" });
        var history = (await UntilAsync(two, static m => TypeOf(m) == "history"))[^1].As<JsonNode>()!["messages"]!.AsArray();
        Assert.Equal("help", (string?)history[0]!["text"]);

        other.Send(new { type = "history" });
        var heard = await UntilAsync(other, static m => TypeOf(m) == "history");
        Assert.Equal("history", TypeOf(Assert.Single(heard)));
        Assert.Empty(heard[0].As<JsonNode>()!["messages"]!.AsArray());
    }

    private async Task<AirlockClient> ConnectAsync(string name)
    {
        var (cookie, _) = await _server.SignInAsync(name);
        var client = new AirlockClient(_server.Socket, new AirlockClientOptions { Token = async _ => (string?)(await _server.TokenAsync(cookie))["token"] });
        client.Start();
        await client.Ready.WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken);
        return client;
    }

    private static string? TypeOf(ServerMessage message) => message.Kind == MessageKind.Data ? (string?)message.As<JsonNode>()!["type"] : null;

    /// <summary>The messages up to one that is meant.</summary>
    private static async Task<List<ServerMessage>> UntilAsync(AirlockClient client, Func<ServerMessage, bool> isMeant)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(ServerProcess.Patience);
        var messages = new List<ServerMessage>();
        await foreach (var message in client.MessagesAsync(patience.Token))
        {
            messages.Add(message);
            if (isMeant(message))
            {
                return messages;
            }
        }

        throw new InvalidOperationException("The messages ended.");
    }
}
