using System.Net.Http.Headers;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;

namespace Airlock.Server.Agent;

/// <summary>
/// Is the agent reachable? The embedded one always is. An endpoint is asked for its models; while the breaker is open it counts as
/// unreachable, and this check is then the trial that closes the breaker again, so a gate that holds all questions back still recovers.
/// </summary>
public sealed class AgentHealthCheck(IOptions<AgentOptions> options, AgentBreaker breaker, AgentHttpClient http, TimeProvider time) : IHealthCheck
{
    private readonly AgentOptions _options = options.Value;

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_options.Endpoint is null)
        {
            return HealthCheckResult.Healthy("The embedded agent is always there.");
        }

        if (breaker.State == CircuitState.Closed)
        {
            var problem = await ProbeAsync(cancellationToken);
            return breaker.State != CircuitState.Closed ? Paused()
                : problem is null ? HealthCheckResult.Healthy("The agent's endpoint answers.")
                : HealthCheckResult.Unhealthy(problem.Message);
        }

        AgentBreaker.AdmittedCall trial;
        try
        {
            trial = await breaker.BeginAsync();
        }
        catch (BrokenCircuitException)
        {
            return Paused();
        }

        Exception? failure;
        try
        {
            failure = await ProbeAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await trial.UncountedAsync(hasAnswered: false);
            throw;
        }

        if (failure is not null)
        {
            await trial.FailedAsync(failure);
            return HealthCheckResult.Unhealthy(failure.Message);
        }

        await trial.SucceededAsync();
        return HealthCheckResult.Healthy("The agent's endpoint answers again.");
    }

    private static HealthCheckResult Paused() => HealthCheckResult.Unhealthy("The agent's endpoint failed several times and is left alone for a moment.");

    /// <summary>What is wrong, with a message that is fit for everyone; null when the endpoint answers.</summary>
    private async Task<HttpRequestException?> ProbeAsync(CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(_options.ProbeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, _options.Endpoint!.AbsoluteUri.TrimEnd('/') + "/models");
        if (!string.IsNullOrEmpty(_options.ApiKey))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _options.ApiKey);
        }

        try
        {
            using var response = await http.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);

            // Some compatible servers list no models; that they answer is what counts.
            return response.IsSuccessStatusCode || (int)response.StatusCode is 404 or 405
                ? null
                : new HttpRequestException($"The agent's endpoint answers with status {(int)response.StatusCode}.");
        }
        catch (HttpRequestException)
        {
            return new HttpRequestException("The agent's endpoint cannot be reached.");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new HttpRequestException($"The agent's endpoint did not answer within {_options.ProbeTimeout.TotalSeconds:0.#} seconds.");
        }
    }
}
