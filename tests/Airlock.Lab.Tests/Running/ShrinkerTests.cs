using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests.Running;

public sealed class ShrinkerTests
{
    [Fact]
    public void A_race_is_shrunk_to_its_one_decision()
    {
        var subject = new PlantedSubject(isRacy: true);
        var scenario = new PlantedScenario();
        var random = new RandomStrategy(3);
        var shrunk = 0;
        for (var i = 0; i < 100; i++)
        {
            random.BeginRun();
            var run = Run.Once(scenario, subject, random, timeRaces: i % 2 == 1);
            if (run.Violates("expectation"))
            {
                var least = Shrinker.Shrink(scenario, subject, run.Schedule, "expectation", TestContext.Current.CancellationToken);
                Assert.Equal(1, least.Deviations);
                Assert.Equal(i % 2 == 1, least.TimeRaces);
                Assert.True(Run.Replay(scenario, subject, least).Violates("expectation"));
                shrunk++;
            }
        }

        Assert.InRange(shrunk, 5, 100);
    }

    [Fact]
    public void A_schedule_without_a_race_stays_as_it_is()
    {
        var schedule = Schedule.Parse("1.0.1");
        Assert.Equal("1.0.1", Shrinker.Shrink(new PlantedScenario(), new PlantedSubject(isRacy: false), schedule, "expectation", TestContext.Current.CancellationToken).ToString());
    }

    [Fact]
    public void A_race_under_every_schedule_needs_no_decision()
    {
        var scenario = new PlantedScenario(static world =>
        {
            world.Expect(false, "never");
            return Task.CompletedTask;
        });
        Assert.Equal("-", Shrinker.Shrink(scenario, new PlantedSubject(isRacy: false), Schedule.Parse("1.1.1"), "expectation", TestContext.Current.CancellationToken).ToString());
    }

    [Fact]
    public void A_shorter_schedule_that_breaks_the_run_is_not_taken_and_ends_nothing()
    {
        var scenario = new PlantedScenario(static world =>
        {
            var (first, second) = (world.Choose(0, 1, 2), world.Choose(0, 1));
            world.Expect(first < 2, "The first is no two.");
            return first == 1 ? throw new OperationCanceledException($"It breaks, whatever the second is: {second}.") : Task.CompletedTask;
        });
        var told = 0;
        Assert.Equal("2", Shrinker.Shrink(scenario, new PlantedSubject(isRacy: false), Schedule.Parse("2.1"), "expectation", TestContext.Current.CancellationToken, (done, most) => told = done <= most ? done : 0).ToString());
        Assert.InRange(told, 2, 500);
    }
}
