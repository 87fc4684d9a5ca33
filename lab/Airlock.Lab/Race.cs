using System.Globalization;
using System.Text;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab;

/// <summary>A run in which something is violated, and what repeats it.</summary>
public sealed class Race
{
    private readonly string _claim;
    private readonly IReadOnlyList<TraceEvent> _events;

    private Race(string subject, Scenario scenario, Schedule schedule, IReadOnlyList<Violation> violations, IReadOnlyList<TraceEvent> events) =>
        (Subject, Scenario, _claim, Schedule, Violations, _events) = (subject, scenario.Name, scenario.Claim, schedule.ToString(), violations, events);

    /// <summary>The subject's name.</summary>
    public string Subject { get; }

    /// <summary>The scenario's name.</summary>
    public string Scenario { get; }

    /// <summary>The decisions that repeat it, for <see cref="RaceLab.ReplayAsync"/> and for <c>airlock-lab replay</c>.</summary>
    public string Schedule { get; }

    /// <summary>What is violated, never empty.</summary>
    public IReadOnlyList<Violation> Violations { get; }

    /// <summary>The whole of it for a reader: what is violated, who did what, step by step, and how to see it again.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Subject} has a race in {Scenario}: {_claim}\n");
        foreach (var violation in Violations)
        {
            text.Append(CultureInfo.InvariantCulture, $"  violated: {violation.Checker}: {violation.Text}\n");
        }

        text.Append("  step    time s  who           what\n");
        foreach (var e in _events)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {e.Step,4}  {EventText.Of(e.At),8}  {e.Actor,-12}  {EventText.Of(e)}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"""
              Once more:  await RaceLab.ReplayAsync(subject, "{Scenario}", "{Schedule}")
              As a table: airlock-lab replay {Scenario} --subject PATH/OF/LIBRARY.dll --schedule {Schedule}
            """).ToString();
    }

    /// <summary>Repeats a run.</summary>
    /// <param name="subject">What is examined.</param>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="schedule">The decisions.</param>
    /// <param name="found">What was found before: told where the run does not repeat, because something left the simulation.</param>
    /// <returns>Null if nothing is violated.</returns>
    internal static Race? Of(ISubject subject, Scenario scenario, Schedule schedule, IReadOnlyList<Violation> found)
    {
        try
        {
            var run = Run.Replay(scenario, subject, schedule);
            var violations = run.Violations.Count > 0 ? run.Violations : found;
            return violations.Count == 0 ? null : new Race(subject.Name, scenario, schedule, violations, run.Trace.Events);
        }
        catch (SimulationException) when (found.Count > 0)
        {
            return new Race(subject.Name, scenario, schedule, found, []);
        }
    }
}
