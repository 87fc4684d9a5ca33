using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airlock.Server.Agent;

/// <summary>Is the conversation history there? In memory it is as soon as it was made; a full one works and forgets the silent.</summary>
public sealed class ConversationHistoryHealthCheck(ConversationHistory history) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (users, usersMax) = history.Occupancy;
        return Task.FromResult(HealthCheckResult.Healthy($"Conversations of {users} users are remembered; there is room for {usersMax}."));
    }
}
