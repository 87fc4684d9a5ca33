using Airlock.Server.Agent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Airlock.Server.Tests.Agent;

public class AgentServicesTests
{
    [Fact]
    public async Task Without_settings_the_embedded_analyst_answers_and_both_gates_are_open()
    {
        await using var services = Services(("Agent:Pace", "00:00:00"));

        var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(["agent", "conversation-history"], report.Entries.Keys.Order());
        Assert.All(report.Entries.Values, entry => Assert.Equal(["gate"], entry.Tags));
        Assert.NotNull(services.GetRequiredService<IChatClient>().GetService<CostAnalyst>());
        var events = new List<AgentEvent>();
        await foreach (var happened in services.GetRequiredService<AgentRun>().AskAsync("ann", "m1", "Where does my AI spend go?", TestContext.Current.CancellationToken))
        {
            events.Add(happened);
        }

        Assert.IsType<AgentCompleted>(events[^1]);
    }

    [Theory]
    [InlineData("Agent:Endpoint", "http://127.0.0.1:1/v1", "Agent:Model is not set; it must name the model")]
    [InlineData("Agent:Endpoint", "ftp://127.0.0.1/v1", "Agent:Endpoint must be an absolute http or https address")]
    [InlineData("Agent:Endpoint", "/v1", "Agent:Endpoint must be an absolute http or https address")]
    [InlineData("Agent:Name", "", "Agent:Name")]
    [InlineData("Agent:Pace", "-00:00:01", "Agent:Pace is -00:00:01; it must be from 00:00:00 to 00:00:01.")]
    [InlineData("Agent:RoundsMax", "0", "Agent:RoundsMax is 0; it must be from 1 to 100.")]
    [InlineData("Agent:BreakerCallsMin", "1", "Agent:BreakerCallsMin")]
    [InlineData("Agent:History:UsersMax", "0", "Agent:History")]
    public async Task A_wrong_setting_stops_the_start_and_says_which(string name, string value, string problem)
    {
        await using var services = Services((name, value));

        var error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_reach_the_options()
    {
        await using var services = Services(("Agent:Name", "anna"), ("Agent:History:MessagesPerUserMax", "8"));

        Assert.Equal("anna", services.GetRequiredService<IOptions<AgentOptions>>().Value.Name);
        Assert.Equal(8, services.GetRequiredService<IOptions<ConversationHistoryOptions>>().Value.MessagesPerUserMax);
    }

    private static ServiceProvider Services(params (string Name, string Value)[] settings) => new ServiceCollection()
        .AddLogging()
        .AddAgent(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build())
        .BuildServiceProvider(validateScopes: true);
}
