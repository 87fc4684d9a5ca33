using System.Collections.Concurrent;
using Airlock.Server.Agent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Polly.CircuitBreaker;
using static Airlock.Server.Tests.Agent.OpenAiStandIn;

namespace Airlock.Server.Tests.Agent;

/// <summary>The agent against an OpenAI-compatible endpoint on loopback, wired as in the server.</summary>
public sealed class ModelEndpointTests : IAsyncLifetime
{
    private const string Key = "sk-test-5up3r-53cr37";
    private static readonly TimeSpan s_break = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan s_patience = Patience.Max;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly ConcurrentQueue<string> _log = new();
    private OpenAiStandIn _standIn = null!;
    private ServiceProvider _services = null!;

    private AgentRun Agent => _services.GetRequiredService<AgentRun>();

    private AgentBreaker Breaker => _services.GetRequiredService<AgentBreaker>();

    public async ValueTask InitializeAsync()
    {
        _standIn = await StartAsync();
        _services = Services(_standIn.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _standIn.DisposeAsync();
    }

    [Fact]
    public async Task An_endpoints_model_uses_the_tools_and_streams_its_answer()
    {
        var events = await AskAsync();

        Assert.Equal(["load_usage", "cost_by_model"], events.OfType<ToolCompleted>().Where(tool => tool.Ok).Select(tool => tool.Tool));
        Assert.Equal($"You spent {SampleFigures.Total} dollars.", Assert.IsType<AgentCompleted>(events[^1]).Text);
        Assert.Equal(2, events.OfType<AnswerDelta>().Count());
        Assert.Equal(3, _standIn.ChatRequests.Count);
        Assert.All(_standIn.ChatRequests, request => Assert.Equal(("stand-in", true), ((string)request["model"]!, (bool)request["stream"]!)));
        Assert.Equal(
            ["load_usage", "cost_by_model", "cost_by_day", "find_savings"],
            _standIn.ChatRequests.First()["tools"]!.AsArray().Select(tool => (string)tool!["function"]!["name"]!));
    }

    [Fact]
    public async Task Questions_and_health_checks_carry_the_key()
    {
        await AskAsync();
        await CheckAsync();

        Assert.Equal(Enumerable.Repeat($"Bearer {Key}", 4), _standIn.Authorizations);
    }

    [Fact]
    public async Task The_endpoint_sees_the_conversation_before_the_question()
    {
        await AskAsync("first", "m1");
        _standIn.ChatRequests.Clear();
        await AskAsync("second", "m2");

        Assert.Equal(
            ["system", "user", "assistant", "user"],
            _standIn.ChatRequests.First()["messages"]!.AsArray().Select(message => (string)message!["role"]!));
    }

    [Fact]
    public async Task An_endpoint_that_goes_away_opens_the_breaker_turns_the_gate_red_and_recovers_when_it_is_back()
    {
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
        Assert.IsType<AgentCompleted>((await AskAsync())[^1]);

        await _standIn.StopAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync()).Status);
        Assert.Equal(CircuitState.Closed, Breaker.State);
        while (Breaker.State == CircuitState.Closed)
        {
            Assert.Equal(AgentCause.ModelUnavailable, Assert.IsType<AgentError>((await AskAsync())[^1]).Cause);
        }

        Assert.Equal(CircuitState.Open, Breaker.State);
        Assert.Equal(AgentCause.ModelPaused, Assert.IsType<AgentError>((await AskAsync())[^1]).Cause);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync()).Status);

        // Back again, but the break is not over: still red, and nobody is asked.
        await _standIn.StartAgainAsync();
        _standIn.ChatRequests.Clear();
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync()).Status);
        Assert.Equal(AgentCause.ModelPaused, Assert.IsType<AgentError>((await AskAsync())[^1]).Cause);
        Assert.Empty(_standIn.ChatRequests);

        _time.Advance(s_break);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
        Assert.Equal(CircuitState.Closed, Breaker.State);
        Assert.IsType<AgentCompleted>((await AskAsync())[^1]);
    }

    [Fact]
    public async Task A_question_too_can_be_the_trial_that_closes_the_breaker()
    {
        await OpenTheBreakerAsync();
        _standIn.Chat = Behaviour.Answer;
        _time.Advance(s_break);

        Assert.IsType<AgentCompleted>((await AskAsync())[^1]);
        Assert.Equal(CircuitState.Closed, Breaker.State);
    }

    [Fact]
    public async Task A_trial_that_finds_the_endpoint_still_down_opens_the_breaker_for_another_break()
    {
        await OpenTheBreakerAsync();
        _standIn.ModelsStatus = 503;
        _time.Advance(s_break);

        var health = await CheckAsync();

        Assert.Equal((HealthStatus.Unhealthy, "The agent's endpoint answers with status 503."), (health.Status, health.Description));
        Assert.Equal(CircuitState.Open, Breaker.State);
        _standIn.ModelsStatus = 200;
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync()).Status);
        _time.Advance(s_break);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    [Theory]
    [InlineData(Behaviour.ServerError, AgentCause.ModelUnavailable)]
    [InlineData(Behaviour.BreakOff, AgentCause.ModelUnavailable)]
    [InlineData(Behaviour.EndEarly, AgentCause.ModelUnavailable)]
    [InlineData(Behaviour.Busy, AgentCause.ModelBusy)]
    internal async Task Each_failure_of_the_endpoint_counts(Behaviour behaviour, string cause)
    {
        _standIn.Chat = behaviour;
        for (var attempt = 0; Breaker.State == CircuitState.Closed; attempt++)
        {
            Assert.InRange(attempt, 0, 10);
            Assert.Equal(cause, Assert.IsType<AgentError>((await AskAsync())[^1]).Cause);
        }

        Assert.Equal(CircuitState.Open, Breaker.State);
    }

    [Fact]
    public async Task A_refused_key_is_the_operators_to_mend_and_does_not_open_the_breaker()
    {
        _standIn.Chat = Behaviour.Refuse;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var error = Assert.IsType<AgentError>((await AskAsync())[^1]);
            Assert.Equal(AgentCause.ModelRefused, error.Cause);
            Assert.DoesNotContain(Key, error.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(CircuitState.Closed, Breaker.State);
        _standIn.ModelsStatus = 401;
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync()).Status);
    }

    [Fact]
    public async Task An_endpoint_without_a_list_of_models_is_reachable_all_the_same()
    {
        _standIn.ModelsStatus = 404;

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync()).Status);
    }

    [Fact]
    public async Task Silence_beyond_its_timeout_is_a_failure()
    {
        _standIn.Chat = Behaviour.StaySilent;
        var asking = AskAsync();
        await _standIn.ChatArrived.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.False(asking.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(AgentCause.ModelUnavailable, Assert.IsType<AgentError>((await asking.WaitAsync(s_patience, TestContext.Current.CancellationToken))[^1]).Cause);
    }

    [Fact]
    public async Task A_user_who_stops_does_not_count_against_the_endpoint()
    {
        _standIn.Chat = Behaviour.StaySilent;
        for (var attempt = 0; attempt < 5; attempt++)
        {
            await StopWhileSilentAsync();
        }

        Assert.Equal(CircuitState.Closed, Breaker.State);

        // Nor for it: after five stops the same failures still open the breaker.
        await OpenTheBreakerAsync();
        Assert.Equal(2, _standIn.ChatRequests.Count - 5);
    }

    [Fact]
    public async Task A_trial_that_the_user_stops_proves_nothing_and_leaves_the_breaker_open()
    {
        await OpenTheBreakerAsync();
        _standIn.Chat = Behaviour.StaySilent;
        _time.Advance(s_break);

        await StopWhileSilentAsync();

        Assert.Equal(CircuitState.Open, Breaker.State);
        _standIn.Chat = Behaviour.Answer;
        _time.Advance(s_break);
        Assert.IsType<AgentCompleted>((await AskAsync())[^1]);
    }

    [Fact]
    public async Task The_key_is_in_no_log_and_no_event_whatever_happens()
    {
        foreach (var behaviour in Enum.GetValues<Behaviour>().Where(behaviour => behaviour != Behaviour.StaySilent))
        {
            _standIn.Chat = behaviour;
            Assert.All(await AskAsync(), happened => Assert.DoesNotContain(Key, happened.ToString(), StringComparison.Ordinal));
            await CheckAsync();
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Contains(_log, line => line.Contains("no answer from the model", StringComparison.Ordinal));
        Assert.DoesNotContain(_log, line => line.Contains(Key, StringComparison.Ordinal) || line.Contains("10.1.2.3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_address_is_an_unhealthy_gate_and_an_error_for_the_user_not_an_exception()
    {
        await _standIn.StopAsync();
        var health = await CheckAsync();

        Assert.Equal((HealthStatus.Unhealthy, "The agent's endpoint cannot be reached."), (health.Status, health.Description));
        Assert.IsType<AgentError>((await AskAsync())[^1]);
    }

    private async Task OpenTheBreakerAsync()
    {
        _standIn.Chat = Behaviour.ServerError;
        await AskAsync();
        await AskAsync();
        Assert.Equal(CircuitState.Open, Breaker.State);
    }

    private async Task StopWhileSilentAsync()
    {
        _standIn.ChatArrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var asking = AskAsync(stop: stop.Token);
        await _standIn.ChatArrived.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    private async Task<List<AgentEvent>> AskAsync(string question = "Where does it go?", string messageId = "m1", CancellationToken? stop = null)
    {
        var events = new List<AgentEvent>();
        await foreach (var happened in Agent.AskAsync("ann", messageId, question, stop ?? TestContext.Current.CancellationToken))
        {
            events.Add(happened);
        }

        AgentFixture.AssertWellFormed(events);
        return events;
    }

    private async Task<HealthReportEntry> CheckAsync() =>
        (await _services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["agent"];

    private ServiceProvider Services(Uri endpoint)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Agent:Endpoint"] = endpoint.ToString(),
            ["Agent:Model"] = "stand-in",
            ["Agent:ApiKey"] = Key,
            ["Agent:BreakDuration"] = s_break.ToString(),
        }).Build();
        return new ServiceCollection()
            .AddSingleton<TimeProvider>(_time)
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new LogCollector(_log)))
            .AddAgent(configuration)
            .BuildServiceProvider(validateScopes: true);
    }

    private sealed class LogCollector(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
