using System.Globalization;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Production;

/// <summary>The session store as the driver sees it, slow or failing as the scenario wants, with every verdict written down.</summary>
internal sealed class ObservedStore(ISessionStore store, World world, Func<string, string> connectionOf, string prefix) : ISessionStore
{
    private readonly Dictionary<string, ObservedLog> _logs = [];

    /// <summary>What traces call a session.</summary>
    public string NameOf(string session) => _logs[session].Name;

    public async ValueTask<AttachOutcome> AttachAsync(AttachRequest request, CancellationToken cancellationToken)
    {
        await world.Store.BeforeAsync(StoreCall.Attach);
        var outcome = await store.AttachAsync(request, cancellationToken);
        if (outcome.Log is not { } log)
        {
            return outcome;
        }

        // One for all attachments of a session, as the store itself has it.
        if (!_logs.TryGetValue(log.Id, out var observed))
        {
            _logs.Add(log.Id, observed = new ObservedLog(log, $"{prefix}{_logs.Count + 1}", world));
        }

        world.Trace.Add(TraceKind.Attached, connectionOf(request.Connection), observed.Name, outcome.Positions.Stored.ToString(CultureInfo.InvariantCulture), outcome.IsResumed ? "resumed" : "new", outcome.Generation);
        world.Store.After(StoreCall.Attach);
        world.Trace.Add(TraceKind.Acquired, connectionOf(request.Connection), "attachment", to: $"{observed.Name} {outcome.Generation}");
        return outcome with { Log = observed };
    }

    public ValueTask<IReadOnlyList<ISessionLog>> FindAsync(SessionTarget target, CancellationToken cancellationToken) => store.FindAsync(target, cancellationToken);

    public ValueTask<bool> SetGroupAsync(string session, string group, bool member, CancellationToken cancellationToken) => store.SetGroupAsync(session, group, member, cancellationToken);
}
