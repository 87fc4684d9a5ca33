using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>An answer that is told in events is told whole and in their order, as its client hears it. Where nothing is told so, it has nothing to say.</summary>
/// <remarks>
/// A client's event is what it got and, right behind it, what that stands for. Each is read by its number in the session, so that what is sent again after a resume counts once; what is withdrawn (void, a session that is
/// lost) was not told.
/// </remarks>
public sealed class EventSequence : Checker
{
    private const string Down = " down";
    private const string Data = "data ";

    /// <inheritdoc/>
    public override string Name => "event-sequence";

    /// <inheritdoc/>
    public override string Property =>
        "A client hears the events of an answer after it was told that a connection is ready, and all five: agent_started first, agent_thinking, each tool_executing followed by the tool_completed of its tool, agent_completed last and once.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var ready = new HashSet<string>();
        var dialed = new Dictionary<string, string>();
        var heard = new Dictionary<string, long>();
        var answers = new Dictionary<(string Client, string Message), Answer>();
        var tries = new Dictionary<(string Session, long Number, string Try), Answer>();
        Answer? latest = null;
        (string Session, long Number, string Connection) got = ("", 0, "");
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.Dialed:
                    dialed[e.Connection] = e.Actor;
                    break;
                // Told by the server is enough: an application may read a message before it is told of the state.
                case TraceKind.ReadyAnnounced when dialed.TryGetValue(e.Connection, out var owner):
                    ready.Add(owner);
                    break;
                case TraceKind.ClientReady:
                    ready.Add(e.Actor);
                    break;
                case TraceKind.ClientGot when e.Name == "lost" && e.To!.StartsWith("session", StringComparison.Ordinal):
                    var loser = e.From!;
                    foreach (var (key, answer) in answers)
                    {
                        if (key.Client == loser && !answer.IsCompleted)
                        {
                            answer.Told.Clear();
                        }
                    }

                    break;
                case TraceKind.ClientGot:
                    (got, latest) = ((e.To ?? "", e.Number, e.Connection), null);
                    break;
                case TraceKind.Denoted when e.Number == got.Number && e.Name!.EndsWith(Down, StringComparison.Ordinal) && e.Name.AsSpan(0, e.Name.Length - Down.Length).SequenceEqual(got.Session):
                    if (e.Number <= heard.GetValueOrDefault(got.Session))
                    {
                        break;
                    }

                    heard[got.Session] = e.Number;
                    if (!e.To!.StartsWith(Data, StringComparison.Ordinal) || AgentEvents.Read(e.To[Data.Length..]) is not var (name, message, tool))
                    {
                        break;
                    }

                    var client = got.Session.Split('/')[0];
                    if (!answers.TryGetValue((client, message), out latest))
                    {
                        answers.Add((client, message), latest = new Answer());
                    }

                    if (!ready.Contains(client))
                    {
                        return $"At step {e.Step} {client} hears {name} of the answer to {message} on connection {got.Connection} before anybody has told it that a connection is ready.";
                    }

                    if (latest.Refusal(name, tool) is { } why)
                    {
                        return $"At step {e.Step} {client} hears {name} of the answer to {message}{why}.";
                    }

                    latest.Told.Add((name, tool, null));
                    break;
                case TraceKind.ClientProvisional when e.Name == "data" && latest is { Told.Count: > 0 } told:
                    told.Told[^1] = told.Told[^1] with { Try = e.From };
                    tries[(e.To!, e.Number, e.From!)] = told;
                    break;
                case TraceKind.ClientProvisional when e.Name == "void" && tries.TryGetValue((e.To!, e.Number, e.From!), out var withdrawn):
                    var failed = e.From;
                    withdrawn.Told.RemoveAll(one => one.Try == failed);
                    break;
                case TraceKind.ClientAnswered when answers.TryGetValue((e.From!, e.Name!), out var answered) && !answered.IsCompleted:
                    return $"At step {e.Step} {e.From} gets the answer to {e.Name} without {AgentEvents.Completed}.";
            }
        }

        return null;
    }

    private sealed class Answer
    {
        public List<(string Name, string Tool, string? Try)> Told { get; } = [];

        public bool IsCompleted => Told is [.., (AgentEvents.Completed, _, _)];

        /// <summary>Why an event may not come now, as the rest of a sentence; null if it may.</summary>
        public string? Refusal(string name, string tool)
        {
            var open = Told.Count > 0 && Told[^1].Name == AgentEvents.ToolExecuting ? Told[^1].Tool : null;
            return name switch
            {
                _ when IsCompleted => $" after {AgentEvents.Completed}",
                AgentEvents.Started => Told.Count > 0 ? $" again, after {Told[^1].Name} that nobody has withdrawn" : null,
                _ when Told.Count == 0 => $" before {AgentEvents.Started}",
                AgentEvents.ToolCompleted => open == tool ? null : open is null ? $" for {tool}, which is not executing" : $" for {tool} while {open} is executing",
                _ when open is not null => $" while {open} is executing",
                AgentEvents.Completed => AgentEvents.Names.Where(one => one != AgentEvents.Completed && !Told.Exists(told => told.Name == one)).ToArray() is { Length: > 0 } missing
                    ? $" without {string.Join(", ", missing)}"
                    : null,
                _ => null,
            };
        }
    }
}
