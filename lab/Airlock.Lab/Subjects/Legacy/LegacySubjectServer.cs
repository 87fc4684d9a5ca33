using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>The legacy endpoint in a simulated world.</summary>
internal sealed class LegacySubjectServer(World world, LegacyFault faults) : ISubjectServer
{
    private readonly HashSet<string> _open = [];
    private readonly LegacyEndpoint _endpoint = new(new LegacySurroundings
    {
        Faults = faults,
        Time = world.Scheduler.Time,
        Trace = world.Trace,
        Services = world.Services,
        Settings = world.Settings,
        AskAsync = world.Authority.AskAsync,
        HandleAsync = world.Application.HandleAsync,
        PartsOf = world.Application.PartsOf,
    });

    public async Task ServeAsync(Handshake handshake)
    {
        _open.Add(handshake.Connection);
        // The token comes in the header and beside the sub-protocol (dossier §2.10): only without both it is lost.
        var isStripped = handshake.Options.Strips == (StrippedHeaders.Authorization | StrippedHeaders.SubProtocol);
        await _endpoint.ServeAsync(new LegacyUpgrade(handshake.Connection, isStripped ? null : handshake.Options.Token, handshake.AcceptAsync));
        _open.Remove(handshake.Connection);
    }

    // It had no drain.
    public Task DrainAsync(TimeSpan budget) => Task.CompletedTask;

    public Task DisconnectAsync(string user) => _endpoint.DisconnectAsync(user);

    public void NoteLeftOvers()
    {
        foreach (var connection in _open)
        {
            world.Trace.Add(TraceKind.LeftOver, connection, "connection", to: connection);
        }

        _endpoint.NoteLeftOvers();
    }

    public void Dispose()
    {
    }
}
