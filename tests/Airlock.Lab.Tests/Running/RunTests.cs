using Airlock.Lab.Running;
using Airlock.Lab.Scenarios.Reproduction;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Tests.Running;

public sealed class RunTests
{
    [Fact]
    public void A_schedule_repeats_its_run_exactly()
    {
        var random = new RandomStrategy(7);
        for (var i = 0; i < 20; i++)
        {
            random.BeginRun();
            var run = Run.Once(new CompetingMachines(), new AirlockSubject(), random, timeRaces: i % 2 == 1);
            Assert.Equal(run.Hash(), Run.Replay(new CompetingMachines(), new AirlockSubject(), Schedule.Parse(run.Schedule.ToString())).Hash());
        }
    }

    [Fact]
    public void One_schedule_repeats_its_run_a_thousand_times_in_a_thousand()
    {
        var random = new RandomStrategy(11);
        random.BeginRun();
        var run = Run.Once(new CompetingMachines(), new AirlockSubject(), random, timeRaces: true);
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.Equal(run.Hash(), Run.Replay(new CompetingMachines(), new AirlockSubject(), run.Schedule).Hash()));
    }

    [Fact]
    public void A_schedule_that_is_longer_than_the_run_does_not_fit()
    {
        var divergence = Assert.Throws<SimulationException>(static () => Run.Replay(new PlantedScenario(), new PlantedSubject(isRacy: false), new Schedule([.. Enumerable.Repeat(0, 100), 1])));
        Assert.Equal(FailureKind.Divergence, divergence.Kind);
    }

    [Fact]
    public void The_letter_t_tells_a_schedule_in_which_time_races()
    {
        Assert.Equal(("t.1.0.2", true), (Schedule.Parse("t.1.0.2.0").ToString(), Schedule.Parse("t.1.0.2").TimeRaces));
        Assert.Equal(("t", "-"), (Schedule.Parse("t").ToString(), Schedule.Parse("").ToString()));
    }
}
