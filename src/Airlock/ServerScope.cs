using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;

namespace Airlock;

/// <summary>What everything in one server knows: its platform, its store, its gates, its limits, and whether it goes away. Safe for concurrent use.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Turns that end after the server still look at its tokens.")]
internal sealed class ServerScope
{
    private readonly CancellationTokenSource _stopping = new();
    // One of sixteen linked sources, chosen by the session's id, for each run of turns: registering with a single one would make all sessions wait for its lock.
    private readonly CancellationTokenSource[] _stoppingRuns = new CancellationTokenSource[16];

    internal ServerScope(Platform platform, ISessionStore store, IMeterFactory? meters, int? turnsMax)
    {
        Platform = platform;
        Store = store;
        Closes = new RecentCloses(platform.Clock);
        Drain = new Drain(platform);
        TurnPlaces = turnsMax is { } max ? new TurnPlaces(max) : null;
        Instruments = meters is null ? null : new Instruments(meters, Gates, store, () => Drain.HasBegun);
        Stopping = _stopping.Token;
        for (var i = 0; i < _stoppingRuns.Length; i++)
        {
            _stoppingRuns[i] = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        }
    }

    internal Platform Platform { get; }

    internal ISessionStore Store { get; }

    internal GateBoard Gates { get; } = new();

    internal RecentCloses Closes { get; }

    internal Drain Drain { get; }

    /// <summary>Null if the number of turns is not limited.</summary>
    internal TurnPlaces? TurnPlaces { get; }

    /// <summary>Null if nothing is measured.</summary>
    internal Instruments? Instruments { get; }

    /// <summary>Connections that were accepted only to be told why they are refused; more get an HTTP answer (<c>spec/wire.md</c> §1).</summary>
    internal ConnectionLimit AcceptedToRefuse { get; } = new(64);

    /// <summary>Cancelled when turns are not to go on in this process.</summary>
    internal CancellationToken Stopping { get; }

    /// <summary>As <see cref="Stopping"/>, for whoever registers for each run of a session's turns.</summary>
    internal CancellationToken StoppingFor(ISessionLog log) => _stoppingRuns[log.Id[^1] % _stoppingRuns.Length].Token;

    internal void StopTurns() => Platform.Spawner.Cancel(_stopping, Platform.Logger);
}
