using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Reports;

/// <summary>The run that a report shows of a scenario, repeated, and beside it what another subject did with the same decisions.</summary>
/// <param name="Subject">Whose run it is.</param>
/// <param name="Schedule">Its decisions.</param>
/// <param name="Shown">The run.</param>
/// <param name="Other">The run beside it; null if it is of the same subject.</param>
/// <param name="OtherSchedule">The decisions that repeat it.</param>
internal sealed record Timeline(string Subject, Schedule Schedule, Replayed Shown, Replayed? Other, Schedule? OtherSchedule)
{
    /// <summary>Repeats what a report says of a scenario.</summary>
    /// <param name="result">The scenario's result.</param>
    /// <param name="catalog">Where scenarios are found.</param>
    /// <returns>The runs; null if there is no race to show, or its subject is not of this lab.</returns>
    public static Timeline? Of(ScenarioResult result, ScenarioCatalog catalog)
    {
        if (HalfOf(result) is not { } half || (half.ShrunkSchedule ?? half.FirstSchedule) is not { } text)
        {
            return null;
        }

        try
        {
            var (scenario, schedule) = (catalog.Find(result.Name), Schedule.Parse(text));
            var examinee = SubjectCatalog.Find(half.Subject);
            var shown = examinee.Replay(scenario, schedule);
            if (half.Subject == SubjectCatalog.Airlock)
            {
                return new Timeline(half.Subject, schedule, shown, null, null);
            }

            var (other, followed) = Follow(scenario, schedule);
            return new Timeline(half.Subject, schedule, shown, other, followed);
        }
        catch (Exception e) when (e is UnknownNameException or SimulationException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The half worth looking at: what is not green and should be, else the red half.</summary>
    /// <param name="result">The scenario's result.</param>
    public static HalfResult? HalfOf(ScenarioResult result) =>
        new[] { result.Green, result.Locks, result.Clean }.FirstOrDefault(IsShown) ?? result.Red;

    // What left the simulation or does not repeat has no schedule that shows it.
    private static bool IsShown(HalfResult? half) => half is { Violating: > 0 } && half.Checker is not (Run.StaysInside or Explorer.Deterministic);

    /// <summary>Runs the production driver with the same decisions as far as they go: where it has fewer options than the decision asks for, the last one is taken.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="schedule">The decisions.</param>
    /// <returns>The run, and the schedule that repeats it exactly.</returns>
    public static (Replayed Run, Schedule Schedule) Follow(Scenario scenario, Schedule schedule)
    {
        List<SeenStep> steps = [];
        var run = Run.Once(scenario, new AirlockSubject(), new Following(schedule), schedule.TimeRaces, null, steps.Add);
        return (new Replayed(steps, run.Trace.Events, run.Violations), run.Schedule);
    }

    private sealed class Following(Schedule schedule) : Strategy
    {
        private int _position;

        public override bool BeginRun() => true;

        public override int ChooseStep(ReadOnlySpan<Step> ready, Actor? time) => ChooseOption(ready.Length + (time is null ? 0 : 1));

        public override int ChooseOption(int options) => _position < schedule.Decisions.Count ? Math.Min(schedule.Decisions[_position++], options - 1) : 0;
    }
}
