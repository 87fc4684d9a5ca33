using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Reports;

/// <summary>A report as the body of an issue about the race that matters most: what must be green and is not, else the first that a red half shows.</summary>
internal static partial class MarkdownReport
{
    private const int EvidenceMax = 14;

    /// <summary>Writes a report. Repeats the run that it is about.</summary>
    /// <param name="report">The report.</param>
    public static string Write(Report report) => Write(report, ScenarioCatalog.Lab);

    /// <summary>Writes a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="catalog">Where scenarios are found.</param>
    public static string Write(Report report, ScenarioCatalog catalog)
    {
        // What is new comes first; a violation that its schedule does not show again is no story to tell.
        var (result, timeline) = report.Scenarios
            .OrderBy(static scenario => scenario.Green.Violating > 0 ? 0 : scenario.Holds ? 2 : 1)
            .Select(scenario => (Result: scenario, Timeline: Timeline.Of(scenario, catalog)))
            .FirstOrDefault(static one => one.Timeline is { Shown.Violations.Count: > 0 });
        if (result is null || timeline is null)
        {
            return $"# {HtmlReport.Headline(report)}\n\nNo race to write about: {string.Join(" ", report.Recommendations)}\n\nRun {report.RunId}, commit {report.Commit}, seed {report.Seed}.\n";
        }

        var half = Timeline.HalfOf(result)!;
        var scenario = catalog.Find(result.Name);
        var story = new Story(scenario, timeline, half, FaultSource.Of(timeline.Subject));
        var isNew = half == result.Green;
        var text = new StringBuilder();
        Section($"# {result.Name}: {timeline.Subject} violates {story.Violation.Checker}");
        Section($"**Labels:** `race-condition`, `{result.Suite}`, `{story.Violation.Checker}`{(isNew ? ", `regression`" : ", `reproduced`")}");
        Section(isNew
            ? $"**Priority:** {(result.Difficulty == "HIGH" ? "P0" : "P1")}, because {timeline.Subject} must violate nothing and does in {half.Violating} of {half.Schedules} schedules."
            : $"**Priority:** P3, because {timeline.Subject} is there to show the race, and the production driver does not have it: {result.Green.Schedules.ToString("N0", CultureInfo.InvariantCulture)} schedules, no violation.");
        Section("## What happens");
        Section($"{result.Claim} It does not: {story.Violation.Text}");
        Section($"First seen in schedule {half.FirstViolating} ({half.FoundBy}), in {half.Share.ToString("0.0 %", CultureInfo.InvariantCulture)} of {half.Schedules} schedules. The shortest schedule found has {timeline.Schedule.Decisions.Count} decision{(timeline.Schedule.Decisions.Count == 1 ? "" : "s")}. Repeat it:");
        Section($"    airlock-lab replay {result.Name} --subject {timeline.Subject} --schedule {timeline.Schedule} --svg race.svg");
        Section("## Five whys");
        foreach (var (why, index) in story.Whys().Select(static (why, index) => (why, index + 1)))
        {
            Section($"**Why {index}: {why.Question}**\n{why.Answer}");
        }

        Section("## Affected files");
        Section(string.Join('\n', story.Places().Select(static place => $"- `{place}`")));
        Section("## Log evidence");
        Section($"```text\n{string.Join('\n', story.Evidence())}\n```");
        Section("## Proposed solution");
        Section(story.Solution());
        Section("## Test strategy");
        Section($"- Replay the schedule above: it must be red before the change and green after it.\n- `airlock-lab run --scenario {result.Name} --subject {timeline.Subject} --schedules 10000 --seed {report.Seed}` explores the neighbourhood.\n- `airlock-lab run` for every other scenario: a fix that moves the race shows there.\n- Keep the schedule in `lab/schedules/{result.Name}.txt`, so that it is replayed for ever.");
        Section("## Acceptance criteria");
        Section($"- [ ] `{story.Violation.Checker}` holds under schedule `{timeline.Schedule}`.\n- [ ] No checker objects in 10,000 schedules of `{result.Name}`.\n- [ ] Every verdict of `airlock-lab run` holds; the transition table is covered as before.\n- [ ] No sleep was added: virtual time to ready under schedule `-` is not longer than before.");
        Section("## Impact");
        Section(ImpactOf(report, half));
        Section($"Run {report.RunId}, commit {report.Commit}, seed {report.Seed}, {report.Environment.Runtime} on {report.Environment.Os}.");
        return text.ToString();

        void Section(string section) => text.Append(text.Length == 0 ? "" : "\n").Append(section).Append('\n');
    }

    private static string ImpactOf(Report report, HalfResult half)
    {
        if (report.Impact is not { } impact)
        {
            return $"{half.Share.ToString("0.0 %", CultureInfo.InvariantCulture)} of this scenario's schedules fail. `--arr` and `--users` turn the failing share into revenue at risk.";
        }

        var here = ImpactOfSubject.Of($"{half.Subject}, this scenario", half.Schedules == 0 ? 0 : (decimal)((double)half.Violating / half.Schedules), impact.Arr, impact.Users);
        return $"{string.Join('\n', impact.Subjects.Prepend(here).Select(static one => $"- {one.Subject}: {one.Formula}"))}\n\nThe failing share is of the lab's schedules, which look for trouble; over several scenarios it is their mean. For production put in the share that `airlock-lab probe` measures.";
    }

    private sealed record Why(string Question, string Answer);

    /// <summary>What the trace of one race tells, in the order in which one asks.</summary>
    private sealed class Story
    {
        private readonly Scenario _scenario;
        private readonly Timeline _timeline;
        private readonly FaultSource? _fault;
        private readonly List<TraceEvent> _mine;
        private readonly TraceEvent _at;
        private readonly string _connection;

        public Story(Scenario scenario, Timeline timeline, HalfResult half, FaultSource? fault)
        {
            (_scenario, _timeline, _fault) = (scenario, timeline, fault);
            Violation = timeline.Shown.Violations.FirstOrDefault(violation => violation.Checker == half.Checker) ?? timeline.Shown.Violations[0];
            _connection = ConnectionIn().Match(Violation.Text) is { Success: true } named ? named.Value : timeline.Shown.Events.FirstOrDefault(static e => e.Connection.Length > 0).Connection ?? "";
            _mine = [.. timeline.Shown.Events.Where(e => e.Connection == _connection && IsTelling(e))];
            var step = StepIn().Match(Violation.Text) is { Success: true } at ? int.Parse(at.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
            var exact = timeline.Shown.Events.Where(e => e.Step == step && (e.Connection == _connection || e.Connection.Length == 0)).ToList();
            _at = exact.Count > 0 ? exact[^1] : _mine.Count > 0 ? _mine[^1] : timeline.Shown.Events[^1];
        }

        public Violation Violation { get; }

        public IEnumerable<Why> Whys()
        {
            yield return new Why($"Why is {Violation.Checker} violated?", $"{Violation.Text} The trace has it at {Cite(_at)}.");
            var before = _mine.Where(e => e.Step <= _at.Step && e != _at).TakeLast(4).ToList();
            yield return new Why(
                "Why did it come to that there?",
                before.Count == 0 ? $"Nothing had happened to it before {Cite(_at)}." : $"Because of what had happened by then: {string.Join("; ", before.Select(Cite))}.");
            var turns = _timeline.Shown.Steps.Where(step => step.Choice > 0 && step.Number <= _at.Step).ToList();
            yield return new Why(
                "Why in this order?",
                turns.Count == 0
                    ? $"No bad luck is needed: everything is served first come, first served from step 1 to step {_at.Step}."
                    : $"{string.Join("; ", turns.TakeLast(3).Select(static step => $"at step {step.Number} {step.Actor} goes on ahead of {step.Choice} that {(step.Choice == 1 ? "was" : "were")} ready before it"))}. Nothing in the subject forbids it.");
            yield return new Why("Why is that order harmful?", Difference());
            yield return new Why(
                "Why can the subject do that at all (root cause)?",
                $"{_fault?.Summary ?? "No guard stands between the two steps: what was looked up before a pause is still believed after it."} The driver decides it in one step.{Path()}");
        }

        public IEnumerable<string> Places() => _fault is { Places.Count: > 0 } fault ? fault.Places.Take(24) : PlacesOf(Violation.Checker);

        public IEnumerable<string> Evidence()
        {
            var logged = _timeline.Shown.Events.Where(static e => e.Kind == TraceKind.Logged).ToList();
            var around = _mine.Where(e => e.Step <= _at.Step).TakeLast(EvidenceMax - Math.Min(logged.Count, 6)).Concat(logged.Take(6)).Append(_at).Distinct().OrderBy(static e => e.Step);
            return around.Select(static e => e.Kind == TraceKind.Logged
                ? $"+{EventText.Of(e.At)} s  step {e.Step,4}  {e.Name!.ToUpperInvariant()}  {e.To}"
                : $"+{EventText.Of(e.At)} s  step {e.Step,4}  {e.Actor}  {EventText.Of(e)}");
        }

        public string Solution() => _timeline.Other is { } other
            ? $"One coordinated state machine that owns the connection: event in, transition applied or refused with a reason, effects afterwards. The production driver does so, and with the same decisions {(other.Violations.Count == 0 ? "violates nothing" : $"violates {other.Violations[0].Checker} too, which is a finding of its own")}: `airlock-lab replay {_scenario.Name} --subject {SubjectCatalog.Airlock} --schedule {_timeline.OtherSchedule}`.{Path()}"
            : "Make the check and the act one step: decide in the transition table, under the connection's lock, and order the effect from there. Begin with a test of the core that feeds the two events in this order.";

        // Against a run without the race: the first thing on this connection that is otherwise.
        private string Difference()
        {
            var (name, reference) = Reference();
            if (reference is null)
            {
                return $"There is no run without the race to compare with; {Cite(_at)} is where it shows.";
            }

            var right = reference.Where(e => e.Connection == _connection && IsTelling(e)).ToList();
            for (var i = 0; i < _mine.Count; i++)
            {
                if (i >= right.Count || Shape(_mine[i]) != Shape(right[i]))
                {
                    return i >= right.Count
                        ? $"{name} does the same up to here and is then done; {_timeline.Subject} goes on: {Cite(_mine[i])}."
                        : $"{name} does the same up to here and then something else. {_timeline.Subject}: {Cite(_mine[i])}. {name}: {Cite(right[i])}.";
                }
            }

            return right.Count > _mine.Count
                ? $"{name} goes on where {_timeline.Subject} stops after {Cite(_mine[^1])}: {Cite(right[_mine.Count])}."
                : $"{name} does the same on {_connection}; the harm is done elsewhere, and {Cite(_at)} is where it shows.";
        }

        private (string Name, IReadOnlyList<TraceEvent>? Events) Reference()
        {
            try
            {
                if (_timeline.Subject.StartsWith(SubjectCatalog.Legacy, StringComparison.Ordinal) && _timeline.Subject != SubjectCatalog.CleanLegacy)
                {
                    return ("The model without the fault", SubjectCatalog.Find(SubjectCatalog.CleanLegacy).Replay(_scenario, _timeline.Schedule).Events);
                }

                return _timeline.Other is { } other
                    ? ("The driver without the mutation", other.Events)
                    : ("The same subject, first come, first served,", SubjectCatalog.Find(_timeline.Subject).Replay(_scenario, new Schedule([])).Events);
            }
            catch (SimulationException)
            {
                return ("The model without the fault, first come, first served,", SubjectCatalog.Find(SubjectCatalog.CleanLegacy).Replay(_scenario, new Schedule([])).Events);
            }
        }

        // The way that the production driver takes with the same decisions.
        private string Path()
        {
            var moves = _timeline.Other?.Events.Where(e => e.Connection == _connection && e.Kind == TraceKind.Moved).ToList() ?? [];
            return moves.Count == 0 ? "" : $" There, connection {_connection} of the driver goes {string.Join(", ", moves.Take(5).Select(static move => $"{move.To} at its step {move.Step}"))}.";
        }

        private static bool IsTelling(TraceEvent e) => e.Kind is not (TraceKind.Denoted or TraceKind.Positions or TraceKind.Logged or TraceKind.ClientGot);

        // Ids are others in every run.
        private static (TraceKind, string?, string?) Shape(TraceEvent e) => (e.Kind, e.Kind is TraceKind.Moved or TraceKind.MoveRefused ? e.From : null, e.Kind is TraceKind.Moved or TraceKind.MoveRefused or TraceKind.MachineMade ? e.To : null);

        private static string Cite(TraceEvent e) => $"step {e.Step} ({EventText.Of(e.At)} s, {e.Actor}: {EventText.Of(e)})";
    }

    /// <summary>Where to look in the driver when it violates a property.</summary>
    /// <param name="checker">The checker's name.</param>
    internal static IReadOnlyList<string> PlacesOf(string checker) => checker switch
    {
        "one-machine" or "everything-ends" => ["src/Airlock/Connections/Connection.cs", "src/Airlock/AirlockServer.cs"],
        "history-is-a-path" => ["src/Airlock.Core/Lifecycle/Transitions.cs", "src/Airlock.Core/Lifecycle/ConnectionLifecycle.cs"],
        "ready-after-transition" => ["src/Airlock/Connections/Connection.Effects.cs", "src/Airlock/Connections/Connection.Frames.cs"],
        "nothing-before-ready" => ["src/Airlock/Connections/Connection.Holding.cs", "src/Airlock/Connections/Connection.Reading.cs"],
        "delivered-once" => ["src/Airlock/Connections/Connection.Reading.cs", "src/Airlock/Turns/TurnProcessor.cs", "src/Airlock.Core/Session/SessionCore.cs"],
        "transport-use" => ["src/Airlock/Connections/Connection.Writing.cs", "src/Airlock/Connections/Connection.Closing.cs"],
        "close-codes" => ["src/Airlock/Connections/Connection.Closing.cs", "src/Airlock.Core/Lifecycle/CloseReason.cs"],
        "setup-in-time" => ["src/Airlock.Core/Lifecycle/Deadlines.cs", "src/Airlock/Connections/Connection.Effects.cs"],
        "fenced-store" or "positions" or "one-content" or "one-try" => ["src/Airlock.Core/Session/SessionCore.cs", "src/Airlock/Sessions/MemorySession.cs"],
        _ => ["src/Airlock/Connections/Connection.cs", "src/Airlock.Core/Lifecycle/ConnectionLifecycle.cs"],
    };

    [GeneratedRegex(@"\bstep (\d+)")]
    private static partial Regex StepIn();

    [GeneratedRegex(@"\bc\d+\b")]
    private static partial Regex ConnectionIn();
}
