namespace Airlock.Server.Agent;

/// <summary>
/// The connections to the model's endpoint, shared by questions and health checks. It is not made by a factory because a factory's clients
/// log requests, and what is never logged cannot leak.
/// </summary>
public sealed class AgentHttpClient : IDisposable
{
    public HttpClient Client { get; } = new(new SocketsHttpHandler
    {
        // So that a changed address of the endpoint is noticed.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectTimeout = TimeSpan.FromSeconds(10),
        AllowAutoRedirect = false,
    })
    {
        // Every call has its own deadline; a stream may last.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <inheritdoc/>
    public void Dispose() => Client.Dispose();
}
