using Airlock.Lab.Traces;

namespace Airlock.Lab.Reports;

/// <summary>What the people at the clients saw of a run, read off the clients' own events.</summary>
internal static class UserView
{
    /// <summary>What they saw, as a sentence.</summary>
    /// <param name="events">What happened in the run.</param>
    /// <param name="connection">The connection that is wrong; empty if none is named. Then all clients are told of.</param>
    public static string Of(IReadOnlyList<TraceEvent> events, string connection)
    {
        var owners = new Dictionary<string, string>();
        foreach (var e in events.Where(static e => e.Connection.Length > 0))
        {
            if (ClientOf(e) is { } client)
            {
                owners.TryAdd(e.Connection, client);
            }
        }

        var all = events.Select(ClientOf).OfType<string>().Distinct().ToList();
        return owners.TryGetValue(connection, out var owner) ? Of(events, [owner], $"The user at {owner}", isOne: true)
            : all is [var only] ? Of(events, all, $"The user at {only}", isOne: true)
            : all.Count == 0 ? "No client takes part."
            : Of(events, all, $"Of {all.Count} users", isOne: false);
    }

    private static string Of(IReadOnlyList<TraceEvent> events, IReadOnlyCollection<string> clients, string who, bool isOne)
    {
        var mine = events.Where(e => ClientOf(e) is { } client && clients.Contains(client)).ToList();
        var sent = mine.Where(static e => e.Kind == TraceKind.ClientSent).ToDictionary(static e => e.Name!, static e => e.To);
        var answered = mine.Where(static e => e.Kind == TraceKind.ClientAnswered).ToList();
        var refused = mine.Where(static e => e.Kind == TraceKind.ClientRefused).ToList();
        var ready = mine.Where(static e => e.Kind == TraceKind.ClientReady).Select(ClientOf).Distinct().Count();
        List<string> facts =
        [
            isOne ? ready > 0 ? "is told that the connection is ready" : "is never told that the connection is ready" : $"{ready} {(ready == 1 ? "is" : "are")} told that their connections are ready",
        ];
        if (sent.Count > 0)
        {
            var count = answered.Select(static e => e.Name).Distinct().Count();
            facts.Add($"{(isOne ? "gets" : "they get")} {(count == 0 && sent.Count == 1 ? "no answer to the one message" : $"answers to {count} of {sent.Count} messages")}");
        }

        if (answered.FirstOrDefault(e => sent.TryGetValue(e.Name!, out var user) && user is not null && user != e.To) is { To: { } other })
        {
            facts.Add($"{(isOne ? "gets" : "one of them gets")} what was made for {other}");
        }

        if (refused.Count > 0)
        {
            facts.Add($"{(isOne ? "is" : "are")} told that {refused.Select(static e => e.Name).Distinct().Count()} will not be answered ({string.Join(", ", refused.Select(static e => e.To).Distinct())})");
        }

        var ends = mine.Where(static e => e.Kind == TraceKind.ClientClosed).Select(static e => $"{e.Number}{(string.IsNullOrEmpty(e.Name) ? " without a cause" : $" {e.Name}")}").Distinct().ToList();
        facts.Add(ends.Count == 0 ? isOne ? "is still connected at the end" : "nobody's connection ends" : $"{(isOne ? "sees the connection end" : "connections end")} with {string.Join(", then ", ends)}");
        return $"{who} {string.Join(", ", facts.SkipLast(1))} and {facts[^1]}.";
    }

    private static string? ClientOf(TraceEvent e) => e.Kind switch
    {
        TraceKind.ClientSent or TraceKind.ClientAnswered or TraceKind.ClientRefused or TraceKind.ClientGot or TraceKind.ClientLeft => e.From,
        TraceKind.ClientReady or TraceKind.ClientClosed => e.Actor,
        _ => null,
    };
}
