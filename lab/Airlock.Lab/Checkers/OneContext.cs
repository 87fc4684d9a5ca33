using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>Each connection acts for one user, and nobody sees what is another's.</summary>
public sealed class OneContext : Checker
{
    /// <inheritdoc/>
    public override string Name => "one-context";

    /// <inheritdoc/>
    public override string Property => "A connection has one user context with an id of its own, and messages are handled for and answered to the user who sent them.";

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Authentication;

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var users = new Dictionary<string, string>();
        var contexts = new Dictionary<string, string>();
        var owners = new Dictionary<string, string>();
        var senders = new Dictionary<string, (string Client, string? User)>();
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.Dialed:
                    users[e.Connection] = e.Name!;
                    break;
                case TraceKind.ContextMade:
                    if (!contexts.TryAdd(e.Connection, e.To!))
                    {
                        return $"At step {e.Step} connection {e.Connection} gets a second user context, {e.To}; it has {contexts[e.Connection]}.";
                    }

                    if (!owners.TryAdd(e.To!, e.Connection))
                    {
                        return $"At step {e.Step} connection {e.Connection} gets the user context {e.To}, which connection {owners[e.To!]} has.";
                    }

                    if (users.TryGetValue(e.Connection, out var user) && user != e.Name)
                    {
                        return $"At step {e.Step} connection {e.Connection} of {user} gets the user context of {e.Name}.";
                    }

                    break;
                case TraceKind.ClientSent:
                    senders[e.Name!] = (e.From!, e.To);
                    break;
                case TraceKind.HandlingBegan or TraceKind.HandlingEnded:
                    if (senders.TryGetValue(e.Name!, out var sender) && sender.User is not null && sender.User != e.From)
                    {
                        return $"At step {e.Step} message {e.Name} of {sender.User} is handled for {e.From}.";
                    }

                    break;
                case TraceKind.ClientAnswered or TraceKind.ClientRefused:
                    if (senders.TryGetValue(e.Name!, out var asker) && (asker.Client != e.From || (e.Kind == TraceKind.ClientAnswered && asker.User is not null && asker.User != e.To)))
                    {
                        return $"At step {e.Step} {e.From} gets the answer to message {e.Name} of {asker.Client} ({asker.User}){(e.Kind == TraceKind.ClientAnswered ? $", made for {e.To}" : "")}.";
                    }

                    break;
            }
        }

        return null;
    }
}
