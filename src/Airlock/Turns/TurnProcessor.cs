namespace Airlock;

/// <summary>Runs the turns of an endpoint's sessions: one after another within a session, whoever is connected.</summary>
internal sealed class TurnProcessor(EndpointScope endpoint)
{
    private readonly StoreCalls _store = new(endpoint.Server, endpoint.Options.Timeouts.Attach);

    /// <summary>Called after something was stored: makes sure that somebody handles it.</summary>
    internal async ValueTask WakeAsync(ISessionLog log)
    {
        if (await log.TryLeaseAsync())
        {
            endpoint.Server.Platform.Spawner.Start(new TurnLoop(endpoint, _store, log));
        }
    }
}
