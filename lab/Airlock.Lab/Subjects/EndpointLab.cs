using Airlock.Lab.Simulation;

namespace Airlock.Lab.Subjects;

/// <summary>What an endpoint works with while the lab examines it, in place of the real things.</summary>
public sealed class EndpointLab
{
    private readonly EndpointServer _server;

    internal EndpointLab(EndpointServer server, World world) => (_server, World) = (server, world);

    /// <summary>The run's surroundings: services, settings, the trace.</summary>
    public World World { get; }

    /// <summary>The clock. A timer of the real one is told as <c>stays-inside</c>.</summary>
    public TimeProvider Time => World.Scheduler.Time;

    /// <summary>Closes the connections of a user; for <see cref="Capabilities.Disconnect"/>. Set by the endpoint.</summary>
    public Func<string, Task>? Disconnect { get; set; }

    /// <summary>Sends a user a text that it did not ask for; for <see cref="Capabilities.Push"/>. Set by the endpoint.</summary>
    public Func<string, string, Task>? Push { get; set; }

    /// <summary>Asks all connections to move elsewhere and waits until they have gone, within the time given; for <see cref="Capabilities.Drain"/>. Set by the endpoint.</summary>
    public Func<TimeSpan, Task>? Drain { get; set; }

    /// <summary>Finds out whose token it is. Takes a step at least, and as long as the scenario wants. To be awaited by who serves the connection.</summary>
    /// <param name="token">The token, or null.</param>
    /// <returns>The user; null for a token that lets nobody in, or while the authority is down.</returns>
    public async Task<string?> FindUserAsync(string? token)
    {
        var connection = _server.Current;
        var (user, _) = await World.Authority.AskAsync(token);
        if (user is not null)
        {
            connection?.BeKnown();
        }

        return user;
    }

    /// <summary>The application behind the endpoint: handles a message and makes the answer. Takes a step at least, and as long as the scenario wants. May be called concurrently.</summary>
    /// <param name="user">Who the endpoint says it is from.</param>
    /// <param name="message">The message's id.</param>
    /// <returns>The id and the user, with a space between.</returns>
    /// <exception cref="InvalidOperationException">The handler fails, as some scenarios want it.</exception>
    public async Task<string> AnswerAsync(string user, string message)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(message);
        return await World.Application.HandleAsync(_server.ConnectionOf(message), user, "endpoint", message, _server.NumberOf(message));
    }
}
