namespace Airlock;

/// <summary>What every room of one connection knows from before its first event to after its last.</summary>
/// <param name="Endpoint">Where it was asked for.</param>
/// <param name="Turns">Who handles the messages of its session.</param>
/// <param name="Request">What is known of it before it is accepted.</param>
/// <param name="Id">The one id, from before the upgrade to the last log line.</param>
/// <param name="Number">Which one of its server it is, from 1.</param>
/// <param name="OpenedAt">When it began, on the server's clock.</param>
internal sealed record ConnectionScope(EndpointScope Endpoint, TurnProcessor Turns, ConnectionRequest Request, string Id, long Number, TimeSpan OpenedAt)
{
    /// <summary>What everything in its server knows.</summary>
    public ServerScope Server => Endpoint.Server;

    /// <summary>Time, alarms, threads, chance and the log.</summary>
    public Platform Platform => Server.Platform;
}
