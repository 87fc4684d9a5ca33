using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Airlock.Lab.Running;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Reports;

/// <summary>Draws a run as a sequence diagram in SVG: a lane for each party, time downwards.</summary>
/// <remarks>The picture needs nothing from elsewhere and follows the reader's light or dark scheme. The same run gives the same text.</remarks>
internal static partial class SequenceDiagram
{
    private const int LaneWidth = 236;
    private const int Gutter = 112;
    private const int RowHeight = 28;
    private const int Top = 84;
    private const int LineHeight = 18;
    private const int LanesMax = 6;
    private const int LanesOfFocusMax = 4;
    private const int RowsMax = 56;
    private const int CharactersMax = 29;
    private static readonly TimeSpan _gap = TimeSpan.FromSeconds(1);

    /// <summary>The style of every diagram; a page with several needs it once.</summary>
    public const string Style = """
        .seq{--p:#ffffff;--i:#1c2430;--m:#5b6675;--l:#d5dbe3;--c:#eef3fb;--cb:#9db4d6;--r:#b3161f;--rf:#fdecec;--g:#1a6b3c;--gf:#e6f5ec;--o:#8a5200;--of:#fdf1dc;--a:#2357a8;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        @media (prefers-color-scheme:dark){.seq{--p:#12171e;--i:#e6ebf2;--m:#9aa7b8;--l:#2e3947;--c:#1d2a3d;--cb:#45638f;--r:#ff8b88;--rf:#3a1a1d;--g:#77d39b;--gf:#14301f;--o:#f0b45e;--of:#33260f;--a:#86b3f7}}
        .seq text{fill:var(--i)}.seq .bg{fill:var(--p)}.seq .m{fill:var(--m);font-size:11px}.seq .n{font-variant-numeric:tabular-nums}.seq .h{font-weight:600;font-size:15px}.seq .b{font-weight:600}
        .seq .life{stroke:var(--l);stroke-width:1.5}.seq .head{fill:var(--c);stroke:var(--cb)}.seq .chip{fill:var(--c);stroke:var(--cb)}.seq .ar{stroke:var(--a);stroke-width:1.6;fill:none}.seq .tip{fill:var(--a)}
        .seq .red .chip{fill:var(--rf);stroke:var(--r)}.seq .red text{fill:var(--r)}.seq .red .ar{stroke:var(--r)}.seq .red .tip{fill:var(--r)}
        .seq .good .chip{fill:var(--gf);stroke:var(--g)}.seq .good text{fill:var(--g)}.seq .good .ar{stroke:var(--g)}.seq .good .tip{fill:var(--g)}
        .seq .odd .chip{fill:var(--of);stroke:var(--o)}.seq .odd text{fill:var(--o)}.seq .odd .ar{stroke:var(--o)}.seq .odd .tip{fill:var(--o)}
        .seq .quiet .chip{fill:var(--p);stroke:var(--l)}.seq .quiet text{fill:var(--m)}.seq .quiet .ar{stroke:var(--m)}.seq .quiet .tip{fill:var(--m)}
        .seq .band{fill:var(--rf)}.seq .cut{stroke:var(--m);stroke-dasharray:3 4}.seq .halo{paint-order:stroke;stroke:var(--p);stroke-width:4px;stroke-linejoin:round}
        """;

    private enum Tone
    {
        Plain,
        Quiet,
        Good,
        Odd,
        Red,
    }

    /// <summary>Draws a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="title">What it shows, in one line.</param>
    /// <param name="hasStyle">Whether the picture carries <see cref="Style"/>: yes for a file of its own.</param>
    /// <param name="beside">What was violated in the run beside it, so that both show the same parties; null without one.</param>
    public static string Write(Replayed run, string title, bool hasStyle = true, IReadOnlyList<Violation>? beside = null)
    {
        var marks = Marks(run.Violations);
        var lanes = Lanes(run.Events, run.Violations.Count > 0 ? marks : Marks(beside ?? []), out var leftOut);
        var rows = Elide(Rows(run.Events, lanes, marks));
        var width = Gutter + (lanes.Count * LaneWidth) + 16;
        var verdict = run.Violations.Count == 0 ? ["Nothing is violated."] : run.Violations.Take(4).SelectMany(violation => Wrap($"{violation.Checker}: {violation.Text}", (width - 40) / 8)).ToList();
        if (leftOut.Count > 0)
        {
            verdict = [.. verdict, .. Wrap($"Not drawn: {string.Join(", ", leftOut)}.", (width - 40) / 8)];
        }

        var bottom = Top + (rows.Count * RowHeight) + 10;
        var height = bottom + (verdict.Count * LineHeight) + 22;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"seq\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{Text(title)}\">\n<title>{Text(title)}</title>\n");
        if (hasStyle)
        {
            svg.Append("<style>\n").Append(Style).Append("\n</style>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>\n<text class=\"h\" x=\"16\" y=\"26\">{Text(Short(title, width / 8))}</text>\n");
        svg.Append("<text class=\"m\" x=\"16\" y=\"62\">time s</text><text class=\"m\" x=\"104\" y=\"62\" text-anchor=\"end\">step</text>\n");
        foreach (var (name, index) in lanes)
        {
            var x = Center(index);
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"life\" x1=\"{x}\" y1=\"72\" x2=\"{x}\" y2=\"{bottom}\"/><rect class=\"head\" x=\"{x - 70}\" y=\"44\" width=\"140\" height=\"28\" rx=\"6\"/><text class=\"b\" x=\"{x}\" y=\"63\" text-anchor=\"middle\">{Text(name)}</text>\n");
        }

        for (var i = 0; i < rows.Count; i++)
        {
            Draw(svg, rows[i], Top + (i * RowHeight), i > 0 ? rows[i - 1] : null, width);
        }

        var tone = run.Violations.Count == 0 ? "good" : "red";
        for (var i = 0; i < verdict.Count; i++)
        {
            var isNote = leftOut.Count > 0 && i >= verdict.Count - Wrap($"Not drawn: {string.Join(", ", leftOut)}.", (width - 40) / 8).Count;
            svg.Append(CultureInfo.InvariantCulture, $"<g class=\"{(isNote ? "quiet" : tone)}\"><text x=\"16\" y=\"{bottom + 14 + (i * LineHeight)}\">{Text(verdict[i])}</text></g>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Draw(StringBuilder svg, Row row, int y, Row? before, int width)
    {
        var middle = y + (RowHeight / 2);
        if (row.Skipped > 0)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"cut\" x1=\"16\" y1=\"{middle}\" x2=\"{width - 16}\" y2=\"{middle}\"/><text class=\"m halo\" x=\"{width / 2}\" y=\"{middle + 4}\" text-anchor=\"middle\">{Text(row.Text)}</text>\n");
            return;
        }

        svg.Append(CultureInfo.InvariantCulture, $"<g class=\"{row.Tone.ToString().ToLowerInvariant()}\"><title>{Text(row.Full)}</title>");
        if (row.IsMarked)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"band\" x=\"8\" y=\"{y + 1}\" width=\"{width - 16}\" height=\"{RowHeight - 2}\" rx=\"4\"/>");
        }

        if (before is null || before.Skipped > 0 || before.At != row.At)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"m n\" x=\"16\" y=\"{middle + 4}\">{EventText.Of(row.At)}</text>");
        }

        if (before is null || before.Step != row.Step)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"m n\" x=\"104\" y=\"{middle + 4}\" text-anchor=\"end\">{row.Step}</text>");
        }

        var (from, text) = (Center(row.From), Text(Short(row.Text, CharactersMax)));
        if (row.To is { } lane)
        {
            var to = Center(lane);
            var direction = Math.Sign(to - from);
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"ar\" x1=\"{from}\" y1=\"{middle + 8}\" x2=\"{to - (direction * 8)}\" y2=\"{middle + 8}\"/><path class=\"tip\" d=\"M{to} {middle + 8}l{-direction * 9} -4.5v9z\"/><text class=\"halo\" x=\"{(from + to) / 2}\" y=\"{middle + 3}\" text-anchor=\"middle\">{text}</text>");
        }
        else
        {
            var chip = Math.Min(LaneWidth - 6, (int)(Math.Min(row.Text.Length, CharactersMax) * 7.3) + 22);
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"chip\" x=\"{from - (chip / 2)}\" y=\"{y + 3}\" width=\"{chip}\" height=\"{RowHeight - 6}\" rx=\"11\"/><text x=\"{from}\" y=\"{middle + 4}\" text-anchor=\"middle\">{text}</text>");
        }

        svg.Append("</g>\n");
    }

    // The parties of what is violated first; then whoever comes, as long as there is room.
    private static Dictionary<string, int> Lanes(IReadOnlyList<TraceEvent> events, Marked marks, out List<string> leftOut)
    {
        var clientOf = Clients(events);
        var connections = events.Select(static e => e.Connection).Where(static connection => connection.Length > 0).Distinct().ToList();
        List<string> wanted = [];
        foreach (var connection in connections.OrderBy(connection => marks.Connections.Contains(connection) ? 0 : 1))
        {
            Want(clientOf.GetValueOrDefault(connection));
            Want(ServerOf(connection));
        }

        foreach (var e in events.Where(static e => e.Connection.Length == 0 && ToneOf(e) is not null))
        {
            Want(OwnerOf(e));
        }

        // Where one connection is wrong, it and a neighbour are enough to see why.
        var most = marks.Connections.Count is 1 or 2 ? LanesOfFocusMax : LanesMax;
        leftOut = [.. wanted.Skip(most)];
        var shown = wanted.Take(most).ToHashSet();
        List<string> ordered = [];
        foreach (var connection in connections)
        {
            ordered.AddRange(new[] { clientOf.GetValueOrDefault(connection), ServerOf(connection) }.OfType<string>());
        }

        return ordered.Concat(wanted).Distinct().Where(shown.Contains).Select(static (name, index) => (name, index)).ToDictionary(static lane => lane.name, static lane => lane.index);

        void Want(string? lane)
        {
            if (lane is not null && !wanted.Contains(lane))
            {
                wanted.Add(lane);
            }
        }
    }

    private static List<Row> Rows(IReadOnlyList<TraceEvent> events, Dictionary<string, int> lanes, Marked marks)
    {
        var clientOf = Clients(events);
        List<Row> rows = [];
        for (var i = 0; i < events.Count; i++)
        {
            var e = events[i];
            var isMarked = marks.Steps.Contains(e.Step) && (e.Connection.Length == 0 || marks.Connections.Count == 0 || marks.Connections.Contains(e.Connection));
            // What is sent and means ready is told once.
            var isToldNext = e.Kind == TraceKind.Sent && i + 1 < events.Count && events[i + 1] is { Kind: TraceKind.ReadyAnnounced } next && next.Step == e.Step && next.Connection == e.Connection;
            if (isToldNext || (ToneOf(e) ?? (isMarked ? Tone.Plain : null)) is not { } tone)
            {
                continue;
            }

            var server = e.Connection.Length > 0 ? ServerOf(e.Connection) : null;
            var client = e.Connection.Length > 0 ? clientOf.GetValueOrDefault(e.Connection) : null;
            var (from, to) = e.Kind switch
            {
                TraceKind.Dialed or TraceKind.Received => (client, server),
                TraceKind.UpgradeAccepted or TraceKind.UpgradeRefused or TraceKind.ReadyAnnounced or TraceKind.Sent or TraceKind.ServerClosed => (server, client),
                _ => (OwnerOf(e), null),
            };
            if (from is null || !lanes.ContainsKey(from))
            {
                (from, to) = (to ?? from, null);
            }

            if (from is null || !lanes.TryGetValue(from, out var at))
            {
                continue;
            }

            rows.Add(new Row(e.Step, e.At, at, to is not null && lanes.TryGetValue(to, out var end) ? end : null, Words(e), $"step {e.Step}, {EventText.Of(e.At)} s, {e.Actor}: {EventText.Of(e)}", isMarked ? Tone.Red : tone, isMarked));
        }

        return rows;
    }

    // The beginning, the end and what is around every violation stay; so does every refusal while there is room.
    private static List<Row> Elide(List<Row> rows)
    {
        var keep = new bool[rows.Count];
        if (rows.Count <= RowsMax)
        {
            Array.Fill(keep, true);
        }
        else
        {
            var left = RowsMax;
            foreach (var i in Enumerable.Range(0, rows.Count).Where(i => rows[i].IsMarked).SelectMany(i => new[] { i, i - 1, i + 1, i - 2, i - 3, i + 2 })
                .Concat(Enumerable.Range(0, rows.Count).Where(i => rows[i].Tone == Tone.Red))
                .Concat(Enumerable.Range(0, 18)).Concat(Enumerable.Range(rows.Count - 8, 8))
                .Concat(Enumerable.Range(0, rows.Count).Where(i => rows[i].Tone is Tone.Good or Tone.Odd)).Concat(Enumerable.Range(0, rows.Count)))
            {
                if (left > 0 && i >= 0 && i < rows.Count && !keep[i])
                {
                    keep[i] = true;
                    left--;
                }
            }
        }

        List<Row> shown = [];
        for (var i = 0; i < rows.Count; i++)
        {
            if (keep[i])
            {
                if (i > 0 && keep[i - 1] && rows[i].At - rows[i - 1].At >= _gap)
                {
                    shown.Add(Gap($"{EventText.Of(rows[i].At - rows[i - 1].At)} s pass"));
                }

                shown.Add(rows[i]);
                continue;
            }

            var begin = i;
            while (i + 1 < rows.Count && !keep[i + 1])
            {
                i++;
            }

            shown.Add(Gap($"{i - begin + 1} events left out, steps {rows[begin].Step} to {rows[i].Step}"));
        }

        return shown;

        static Row Gap(string text) => new(0, TimeSpan.Zero, 0, null, text, text, Tone.Quiet, false, 1);
    }

    private static Dictionary<string, string> Clients(IReadOnlyList<TraceEvent> events)
    {
        Dictionary<string, string> clients = [];
        foreach (var e in events.Where(static e => e.Connection.Length > 0))
        {
            if (e.Actor.StartsWith("client", StringComparison.Ordinal))
            {
                clients.TryAdd(e.Connection, e.Actor);
            }
            else if (e.Kind is TraceKind.ClientSent or TraceKind.ClientAnswered or TraceKind.ClientRefused or TraceKind.ClientGot or TraceKind.ClientLeft && e.From is { } client)
            {
                clients.TryAdd(e.Connection, client);
            }
        }

        return clients;
    }

    private static string ServerOf(string connection) => $"server {connection}";

    private static string OwnerOf(TraceEvent e) => e.Kind switch
    {
        TraceKind.ClientSent or TraceKind.ClientAnswered or TraceKind.ClientRefused or TraceKind.ClientGot or TraceKind.ClientLeft or TraceKind.ClientProvisional when e.From?.StartsWith("client", StringComparison.Ordinal) == true => e.From,
        TraceKind.ClientReady or TraceKind.ClientClosed => e.Actor,
        _ when e.Connection.Length > 0 => ServerOf(e.Connection),
        _ => e.Actor,
    };

    // Null: not drawn, unless something is wrong with it.
    private static Tone? ToneOf(TraceEvent e) => e.Kind switch
    {
        TraceKind.Denoted or TraceKind.Positions or TraceKind.Acquired or TraceKind.Released or TraceKind.ClientGot => null,
        TraceKind.MoveRefused or TraceKind.TransportMisused or TraceKind.LeftOver or TraceKind.Missed => Tone.Red,
        TraceKind.UpgradeRefused or TraceKind.ClientRefused => Tone.Odd,
        TraceKind.ServerClosed => e.Number is 1011 or 1004 ? Tone.Red : Tone.Odd,
        TraceKind.Logged => e.IsError || e.From == "bug" ? Tone.Red : Tone.Quiet,
        TraceKind.Moved => e.To switch { States.ProcessingReady => Tone.Good, States.Failed => Tone.Red, States.Closed or States.Closing => Tone.Quiet, States.Degraded or States.Draining => Tone.Odd, _ => Tone.Plain },
        TraceKind.ReadyAnnounced or TraceKind.ClientReady or TraceKind.ClientAnswered => Tone.Good,
        TraceKind.Fault => Tone.Odd,
        TraceKind.Registered or TraceKind.Unregistered or TraceKind.Sent or TraceKind.Received or TraceKind.ClientLeft or TraceKind.ClientClosed or TraceKind.Detached or TraceKind.Stored or TraceKind.TryBegan or TraceKind.TryEnded or TraceKind.ClientProvisional or TraceKind.Ended => Tone.Quiet,
        _ => Tone.Plain,
    };

    private static string Words(TraceEvent e) => e.Kind switch
    {
        TraceKind.Dialed => $"dials as {e.Name}",
        TraceKind.Registered => $"index: + {e.Name}",
        TraceKind.Unregistered => $"index: − {e.Name}",
        TraceKind.MachineMade => $"machine: {e.Name}",
        TraceKind.Moved => e.To!,
        TraceKind.MoveRefused => $"✗ {e.To}",
        TraceKind.UpgradeAccepted => "accepts",
        TraceKind.UpgradeRefused => $"✗ HTTP {e.Number} {e.Name}",
        TraceKind.ContextMade => $"context for {e.Name}",
        TraceKind.ReadyAnnounced => "“you are ready”",
        TraceKind.Sent or TraceKind.Received => "message",
        TraceKind.TransportMisused => $"✗ {e.Name}",
        TraceKind.HandlingBegan => $"handles {e.Name}",
        TraceKind.HandlingEnded => $"has handled {e.Name}",
        TraceKind.ServerClosed => $"close {e.Number} {e.Name}",
        TraceKind.Ended => $"over: {e.Name ?? "no cause"}",
        TraceKind.Logged => $"log: {e.To}",
        TraceKind.LeftOver => $"✗ left over: {e.Name} {e.To}",
        TraceKind.ClientSent => $"wants to send {e.Name}",
        TraceKind.ClientAnswered => $"✓ answer to {e.Name}",
        TraceKind.ClientRefused => $"no answer to {e.Name}: {e.To}",
        TraceKind.ClientReady => "reads “ready”",
        TraceKind.ClientClosed => $"closed: {e.Number} {e.Name}",
        TraceKind.ClientLeft => "leaves",
        TraceKind.Attached => $"session {e.Name} {e.To}",
        TraceKind.Detached => $"session {e.Name} detached",
        TraceKind.Stored => $"stores {e.Number}: {e.To}",
        TraceKind.Missed => $"✗ {e.Name}",
        TraceKind.Fault => $"⚡ {e.Name}",
        _ => EventText.Of(e),
    };

    // Checkers name what they object to: a step, a connection.
    private static Marked Marks(IReadOnlyList<Violation> violations) => new(
        [.. violations.SelectMany(static violation => StepIn().Matches(violation.Text)).Select(static found => int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture))],
        [.. violations.SelectMany(static violation => ConnectionIn().Matches(violation.Text)).Select(static found => found.Value)]);

    private static int Center(int lane) => Gutter + (lane * LaneWidth) + (LaneWidth / 2);

    private static string Short(string text, int most) => text.Length <= most ? text : $"{text[..(most - 1)]}…";

    private static List<string> Wrap(string text, int most)
    {
        List<string> lines = [""];
        foreach (var word in text.Split(' '))
        {
            if (lines[^1].Length + word.Length + 1 > most && lines[^1].Length > 0)
            {
                lines.Add(word);
            }
            else
            {
                lines[^1] = lines[^1].Length == 0 ? word : $"{lines[^1]} {word}";
            }
        }

        return lines;
    }

    // What a peer sent may hold characters that no XML may.
    private static string Text(string text) => WebUtility.HtmlEncode(string.Concat(text.Select(static c => System.Xml.XmlConvert.IsXmlChar(c) ? c : '?')));

    [GeneratedRegex(@"\bstep (\d+)")]
    private static partial Regex StepIn();

    [GeneratedRegex(@"\bc\d+\b")]
    private static partial Regex ConnectionIn();

    private sealed record Marked(HashSet<int> Steps, HashSet<string> Connections);

    private sealed record Row(int Step, TimeSpan At, int From, int? To, string Text, string Full, Tone Tone, bool IsMarked, int Skipped = 0);
}
