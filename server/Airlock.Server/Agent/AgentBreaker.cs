using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;

namespace Airlock.Server.Agent;

/// <summary>
/// The one circuit breaker on the model's endpoint. A call may last as long as a stream, so it begins and ends here in two steps. Only
/// failures of the endpoint count. Any number of callers at once.
/// </summary>
public sealed class AgentBreaker
{
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline _pipeline;

    /// <summary>The meter of what is measured here.</summary>
    public const string MeterName = "Airlock.Server";

    private static readonly (CircuitState State, string Name)[] _states =
        [(CircuitState.Closed, "closed"), (CircuitState.HalfOpen, "half_open"), (CircuitState.Open, "open"), (CircuitState.Isolated, "isolated")];

    public AgentBreaker(IOptions<AgentOptions> options, TimeProvider time, IMeterFactory? meters = null)
    {
        meters?.Create(MeterName).CreateObservableGauge(
            "airlock.breaker.state",
            () => _states.Select(state => new Measurement<int>(State == state.State ? 1 : 0, new("airlock.breaker", "agent"), new("airlock.state", state.Name))),
            description: "1 for the state that a circuit breaker is in, 0 for the others.");
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                // More than half, so that one failure after one answer does not open it.
                FailureRatio = 0.6,
                MinimumThroughput = options.Value.BreakerCallsMin,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = options.Value.BreakDuration,
                ShouldHandle = static outcome => ValueTask.FromResult(outcome.Outcome.Exception is not null),
                StateProvider = _state,
            })
            .Build();
    }

    /// <summary>Closed: calls pass. Open: they are refused. HalfOpen: one trial is under way, others are refused.</summary>
    public CircuitState State => _state.CircuitState;

    /// <summary>Begins a call, which the caller must end exactly once.</summary>
    /// <exception cref="BrokenCircuitException">The breaker is open, or a trial is under way.</exception>
    public async Task<AdmittedCall> BeginAsync()
    {
        var admitted = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var counted = _pipeline.ExecuteAsync(
            async (outcome, _) =>
            {
                admitted.SetResult(State == CircuitState.HalfOpen);
                await outcome.Task;
            },
            end).AsTask();
        if (await Task.WhenAny(admitted.Task, counted) == counted)
        {
            await counted;
        }

        return new AdmittedCall(end, counted, isTrial: await admitted.Task);
    }

    /// <summary>A call that was let through.</summary>
    public sealed class AdmittedCall
    {
        private readonly TaskCompletionSource _end;
        private readonly Task _counted;
        private readonly bool _isTrial;

        internal AdmittedCall(TaskCompletionSource end, Task counted, bool isTrial) => (_end, _counted, _isTrial) = (end, counted, isTrial);

        /// <summary>The endpoint did its part.</summary>
        public async Task SucceededAsync()
        {
            _end.SetResult();
            await _counted;
        }

        /// <summary>The endpoint failed.</summary>
        public async Task FailedAsync(Exception failure)
        {
            _end.SetException(failure);
            // The failure is the caller's to throw; here it only has to be counted before the caller goes on.
            await _counted.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        /// <summary>
        /// The call ended with nothing to count: its caller gave up, or it was only a step on the way to an answer. Neither a success nor
        /// a failure; the count never hears of it. A trial, though, must end for the next one to begin: it counts as what was seen of it.
        /// </summary>
        /// <param name="hasAnswered">The endpoint sent something.</param>
        public Task UncountedAsync(bool hasAnswered) =>
            !_isTrial ? Task.CompletedTask
            : hasAnswered ? SucceededAsync()
            : FailedAsync(new TimeoutException("The trial call was given up before the endpoint answered."));
    }
}
