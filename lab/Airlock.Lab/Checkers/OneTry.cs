using System.Globalization;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>A message is tried by one at a time, and what a try showed is confirmed or withdrawn (invariant 5 of the core).</summary>
public sealed class OneTry : Checker
{
    /// <inheritdoc/>
    public override string Name => "one-try";

    /// <inheritdoc/>
    public override string Property => "At most one try of a session is live, its number rises, nothing is tried after its end, and provisional data is followed by exactly one end or void of its try.";

    /// <inheritdoc/>
    public override bool ReadsOrderOfStore => true;

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var tries = new Dictionary<string, Turn>();
        var shown = new Dictionary<(string Session, long Message, string Try), Shown>();
        var goodbyes = new HashSet<string>();
        var finished = new HashSet<string>();
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.TryBegan:
                    var next = new Turn(e.Number, int.Parse(e.From!, CultureInfo.InvariantCulture), IsLive: true);
                    if (tries.TryGetValue(e.Name!, out var last))
                    {
                        if (last.IsLive)
                        {
                            return $"At step {e.Step} try {next.Try} of message {next.Message} begins in session {e.Name} while try {last.Try} of message {last.Message} is live.";
                        }

                        if (next.Message < last.Message || (next.Message == last.Message && next.Try <= last.Try))
                        {
                            return $"At step {e.Step} try {next.Try} of message {next.Message} begins in session {e.Name} after try {last.Try} of message {last.Message}.";
                        }
                    }

                    tries[e.Name!] = next;
                    break;
                case TraceKind.TryEnded:
                    var how = e.To!;
                    if (!tries.TryGetValue(e.Name!, out var live) || live.Message != e.Number || live.Try != int.Parse(e.From!, CultureInfo.InvariantCulture) || !live.IsLive)
                    {
                        // A try that was fenced out may hear of it late.
                        if (how.EndsWith("Fenced", StringComparison.Ordinal))
                        {
                            break;
                        }

                        return $"At step {e.Step} try {e.From} of message {e.Number} ends ({how}) in session {e.Name}, but it is not live.";
                    }

                    // Refused for want of room it goes on.
                    tries[e.Name!] = live with { IsLive = how.EndsWith("Full", StringComparison.Ordinal) };
                    break;
                case TraceKind.ClientProvisional:
                    var key = (e.To!, e.Number, e.From!);
                    var before = shown.GetValueOrDefault(key);
                    if (before == Shown.Ended || (e.Name == "void" && before == Shown.Nothing))
                    {
                        return $"At step {e.Step} the client gets {e.Name} of try {e.From} of message {e.Number} {(before == Shown.Ended ? "after the try's end" : "but no data of that try")}.";
                    }

                    shown[key] = e.Name == "data" ? Shown.Data : Shown.Ended;
                    break;
                case TraceKind.ClientGot when e.Name == "lost":
                    var client = e.From!;
                    // With a session goes what it had shown; the client is told so.
                    foreach (var gone in shown.Keys.Where(key => key.Session.StartsWith($"{client}/", StringComparison.Ordinal)).ToArray())
                    {
                        shown.Remove(gone);
                    }

                    break;
                case TraceKind.ClientLeft when e.Name == "bye":
                    goodbyes.Add(e.Connection);
                    break;
                case TraceKind.ClientClosed when e.Number == 1000 && goodbyes.Contains(e.Connection):
                    finished.Add(e.Actor);
                    break;
            }
        }

        foreach (var ((session, message, attempt), what) in shown)
        {
            // A client that was cut off may miss the end; one that said goodbye and got it may not.
            if (what == Shown.Data && finished.Contains(session.Split('/')[0]))
            {
                return $"Provisional data of try {attempt} of message {message} in session {session} is neither ended nor withdrawn.";
            }
        }

        return null;
    }

    private enum Shown
    {
        Nothing,
        Data,
        Ended,
    }

    private readonly record struct Turn(long Message, int Try, bool IsLive);
}
