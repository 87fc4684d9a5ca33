using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Airlock.Client;
using Airlock.Server.Tests.Processes;
using Airlock.Tests.Telemetry;

namespace Airlock.Server.Tests.Agent;

/// <summary>docs/real-model.md, done as its reader does it, with a stand-in for the endpoint.</summary>
public sealed partial class RealModelPageTests
{
    [Fact]
    public async Task What_the_page_says_puts_a_model_behind_the_demo()
    {
        var page = OperatingPage.Read("docs/real-model.md");
        var block = page[page.IndexOf("<!-- real-model:begin", StringComparison.Ordinal)..page.IndexOf("<!-- real-model:end", StringComparison.Ordinal)];
        await using var model = await OpenAiStandIn.StartAsync();
        var settings = Export().Matches(block).Select(m => (Name: m.Groups[1].Value, Value: m.Groups[1].Value == "Agent__Endpoint" ? model.Endpoint.AbsoluteUri : m.Groups[2].Value)).ToArray();
        Assert.Equal(["Agent__Endpoint", "Agent__Model", "Agent__ApiKey"], settings.Select(static s => s.Name));
        settings[2].Value = "sk-of-the-reader";

        await using var server = await ServerProcess.StartAsync([.. settings]);
        var (_, token) = await server.SignInAsync("reader");
        await using var client = new AirlockClient(server.Socket, new AirlockClientOptions { Token = _ => ValueTask.FromResult<string?>(token) });
        client.Start();
        client.Send(new { type = "ask", text = "Where does my AI spend go?" });
        var answer = "";
        await foreach (var message in client.MessagesAsync(TestContext.Current.CancellationToken))
        {
            if (message.Kind == MessageKind.Data && message.As<JsonNode>() is { } step && (string?)step["type"] is "agent_completed" or "agent_error")
            {
                answer = message.As<JsonNode>()!.ToJsonString();
                break;
            }
        }

        Assert.Contains("You spent ", answer, StringComparison.Ordinal);
        Assert.All(model.ChatRequests, request => Assert.Equal(settings[1].Value, (string)request["model"]!));
        Assert.All(model.Authorizations, static header => Assert.Equal("Bearer sk-of-the-reader", header));
        Assert.DoesNotContain("sk-of-the-reader", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_table_names_settings_that_there_are()
    {
        var settings = OperatingPage.Read("docs/real-model.md").Split('\n').Where(static line => line.StartsWith("| `Agent:", StringComparison.Ordinal)).SelectMany(static line => Setting().Matches(line.Split('|')[1]).Select(static m => m.Groups[1].Value)).ToList();
        Assert.True(settings.Count > 7);
        Assert.All(settings, static setting => Assert.Contains($"  {setting}", Server.Settings.Arguments.Usage, StringComparison.Ordinal));
    }

    [GeneratedRegex("^export (\\w+)=(\\S+)$", RegexOptions.Multiline)]
    private static partial Regex Export();

    [GeneratedRegex("`([A-Za-z:]+)`")]
    private static partial Regex Setting();
}
