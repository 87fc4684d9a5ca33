using Airlock.Lab.Running;
using Airlock.Lab.Scenarios.Reproduction;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Tests;

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
            var replay = new ReplayStrategy(run.Schedule);
            replay.BeginRun();
            var again = Run.Once(new CompetingMachines(), new AirlockSubject(), replay, timeRaces: i % 2 == 1);
            replay.AssertUsedUp();
            Assert.Equal(run.Hash(), again.Hash());
        }
    }
}
