extern alias shipped;

using System.Text.Json;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Subjects.Mutants;

/// <summary>Called in the copy of the lab that is bound to a compiled driver; only types of the platform cross over.</summary>
internal static class CompiledEntry
{
    static CompiledEntry() => LockPoints.Connect(typeof(AirlockServer).Assembly, typeof(shipped::Airlock.Client.AirlockClient).Assembly);

    public static string Survey(string scenario, string subject, string plan)
    {
        var explorer = new Explorer(Find(scenario), static () => new AirlockSubject());
        try
        {
            var found = explorer.Explore(JsonSerializer.Deserialize<Plan>(plan)!.Portions(scenario, subject, explorer.StepsOfOne()), countPoolWork: false);
            return JsonSerializer.Serialize(new CompiledSurvey(
                found.Schedules, found.Steps, found.Violating, found.Repeated, found.First?.Number ?? 0, found.First?.Schedule.ToString(), found.First?.Violations[0].Checker, found.First?.Violations[0].Text, found.First?.Portion, found.Error));
        }
        catch (InvalidOperationException e)
        {
            return JsonSerializer.Serialize(new CompiledSurvey(0, 0, 0, 0, 0, null, null, null, null, e.Message));
        }
    }

    public static string Explore(string scenario, ulong seed, int schedules, bool stopAtFirst)
    {
        using var fibers = FiberPool.Share();
        var (stimulus, subject, strategy) = (Find(scenario), new AirlockSubject(), new RandomStrategy(seed));
        var (runs, violating, first) = (0, 0, 0);
        (string? Schedule, bool TimeRaces, string? Text) found = default;
        var others = new HashSet<string>();
        while (runs < schedules && (first == 0 || !stopAtFirst) && strategy.BeginRun())
        {
            var timeRaces = runs++ % 2 == 1;
            var run = Run.Once(stimulus, subject, strategy, timeRaces);
            foreach (var violation in run.Violations.Where(violation => violation.Checker != stimulus.Invariant.Name))
            {
                others.Add(violation.Checker);
            }

            if (run.Violations.FirstOrDefault(violation => violation.Checker == stimulus.Invariant.Name) is { } broken)
            {
                violating++;
                if (first == 0)
                {
                    (first, found) = (runs, (run.Schedule.ToString(), timeRaces, broken.Text));
                }
            }
        }

        return JsonSerializer.Serialize(new CompiledFinding(runs, violating, first, found.Schedule, found.TimeRaces, found.Text, [.. others.Order()]));
    }

    public static string Replay(string scenario, string schedule, bool timeRaces, Action<int, TimeSpan, string, string?, int, int>? observer)
    {
        var strategy = new ReplayStrategy(Schedule.Parse(schedule));
        strategy.BeginRun();
        try
        {
            var run = Run.Once(Find(scenario), new AirlockSubject(), strategy, timeRaces, null, observer is null ? null : step => observer(step.Number, step.At, step.Actor, step.Label, step.Choice, step.Options));
            return JsonSerializer.Serialize(new CompiledRun(run.Steps, run.Trace.Events, run.Violations));
        }
        catch (SimulationException e) when (e.Kind == FailureKind.Divergence)
        {
            return "null";
        }
    }

    public static string Shrink(string scenario, string schedule, string checker)
    {
        using var fibers = FiberPool.Share();
        return Shrinker.Shrink(Find(scenario), new AirlockSubject(), Schedule.Parse(schedule), checker, CancellationToken.None).ToString();
    }

    private static Scenario Find(string name) => AllScenarios.List.First(scenario => scenario.Name == name);
}
