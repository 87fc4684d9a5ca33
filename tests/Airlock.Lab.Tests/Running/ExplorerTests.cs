using Airlock.Lab.Running;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Tests.Running;

public sealed class ExplorerTests
{
    private static readonly Plan _plan = new() { Schedules = 800 };

    public static TheoryData<string> Strategies => [.. Enum.GetNames<StrategyKind>()];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Each_strategy_finds_a_planted_race(string strategy)
    {
        var found = Explore(new PlantedSubject(isRacy: true), _plan with { Strategies = [Enum.Parse<StrategyKind>(strategy)] });
        Assert.Equal("expectation", Assert.Single(found.First!.Violations).Checker);
        Assert.InRange(found.Violating, 1, found.Schedules - 1);
    }

    [Fact]
    public void Every_schedule_of_a_sound_subject_is_run_and_none_objects()
    {
        var found = Explore(new PlantedSubject(isRacy: false), _plan with { Strategies = [StrategyKind.Delay] });
        Assert.True(found.IsExhausted);
        Assert.InRange(found.Schedules, 4, 799);
        Assert.Null(found.First);
        Assert.InRange(found.Repeated, 2, found.Schedules);
    }

    [Fact]
    public void A_budget_too_small_to_run_every_schedule_is_not_called_exhausted()
    {
        var found = Explore(new PlantedSubject(isRacy: false), new Plan { Schedules = 6, Strategies = [StrategyKind.Delay] });
        Assert.False(found.IsExhausted);
        Assert.Equal(0, found.ExhaustedBound);
    }

    [Fact]
    public void The_outcome_depends_on_the_seed_and_not_on_the_threads()
    {
        var first = Explore(new PlantedSubject(isRacy: true), _plan);
        for (var i = 0; i < 5; i++)
        {
            var again = Explore(new PlantedSubject(isRacy: true), _plan);
            Assert.Equal((first.Schedules, first.Steps, first.Violating, first.First!.Schedule.ToString()), (again.Schedules, again.Steps, again.Violating, again.First!.Schedule.ToString()));
        }

        var other = Explore(new PlantedSubject(isRacy: true), _plan with { Seed = 2 });
        Assert.NotEqual((first.Steps, first.Violating), (other.Steps, other.Violating));
    }

    [Fact]
    public void A_plan_gives_away_exactly_its_schedules()
    {
        var portions = new Plan { Schedules = 1_003 }.Portions("a", "b", 1);
        Assert.Equal(1_003, portions.Sum(static portion => portion.SchedulesMax));
        Assert.Equal(portions.Count, portions.Select(static portion => portion.Seed).Distinct().Count());
        Assert.Equal(4, portions.Count(static portion => portion.TimeRaces));
    }

    [Fact]
    public void A_subject_that_does_not_repeat_itself_is_reported()
    {
        var made = 0;
        var found = Explore(new PlantedSubject(isRacy: false, world => world.Trace.Add(TraceKind.Fault, name: "counted", number: Interlocked.Increment(ref made))), _plan);
        Assert.Contains(found.First!.Violations, static violation => violation.Checker == Explorer.Deterministic);
    }

    [Fact]
    public void What_goes_on_outside_the_simulation_is_a_violation()
    {
        var scenario = new PlantedScenario(static async world =>
        {
            var outside = new TaskCompletionSource();
            var thread = new Thread(() => outside.SetResult());
            var waiting = AwaitAsync(outside.Task);
            thread.Start();
            thread.Join();
            await waiting;

            static async Task AwaitAsync(Task task) => await task;
        });
        var run = Run.Replay(scenario, new PlantedSubject(isRacy: false), Lab.Scheduling.Schedule.Parse("-"));
        Assert.True(run.Violates(Run.StaysInside) || run.Violates("comes-to-an-end"));
    }

    [Fact]
    public void A_scenario_that_breaks_is_an_error_that_names_its_schedule()
    {
        var scenario = new PlantedScenario(static _ => throw new FormatException("broken"));
        var found = new LocalExaminee("planted", static () => new PlantedSubject(isRacy: false)).Explore(scenario, _plan, countPoolWork: false, TestContext.Current.CancellationToken);
        Assert.Contains("broke under schedule", found.Error, StringComparison.Ordinal);
        Assert.Contains("FormatException: broken", found.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_red_half_is_measured_beyond_its_first_race()
    {
        var found = new Explorer(new PlantedScenario(), static () => new PlantedSubject(isRacy: true), "expectation").FindRace(1, int.MaxValue);
        Assert.InRange(found.First!.Number, 1, Explorer.RedWithin);
        Assert.Equal(Explorer.ShareMax, found.Schedules);
        Assert.InRange(found.Share, 0.05, 0.95);
    }

    [Fact]
    public void Only_the_named_checker_makes_a_half_red() =>
        Assert.Null(new Explorer(new PlantedScenario(), static () => new PlantedSubject(isRacy: true), "one-machine").FindRace(1, int.MaxValue).First);

    private static Exploration Explore(ISubject subject, Plan plan) =>
        new LocalExaminee("planted", () => subject).Explore(new PlantedScenario(), plan, countPoolWork: false, TestContext.Current.CancellationToken);
}
