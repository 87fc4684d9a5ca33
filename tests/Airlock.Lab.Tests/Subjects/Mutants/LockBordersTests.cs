using Airlock.Lab.Running;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Tests.Subjects.Mutants;

public sealed class LockBordersTests
{
    /// <summary>Within so many schedules each fault shows, a quarter of them of each kind of search. The rarest shows in one of 200, so that a step more or less anywhere decides whether it does in any 400 of them.</summary>
    private const int Schedules = 400, SeedsMost = 6;

    public static TheoryData<string, string> Borders
    {
        get
        {
            var borders = new TheoryData<string, string>();
            foreach (var (mutation, scenario) in LockBorders.All)
            {
                borders.Add(mutation.Name, scenario);
            }

            return borders;
        }
    }

    [Theory]
    [MemberData(nameof(Borders))]
    public void A_fault_at_the_border_of_a_lock_is_seen(string mutation, string scenario)
    {
        for (var seed = 1UL; seed <= SeedsMost; seed++)
        {
            var survey = CompiledDriver.Of(mutation).Survey(ScenarioCatalog.Lab.Find(scenario), mutation, new Plan { Schedules = Schedules, Seed = seed });
            Assert.Null(survey.Error);
            if (survey.Violating > 0)
            {
                return;
            }
        }

        Assert.Fail($"{mutation} violates nothing in {SeedsMost} times {Schedules} schedules of {scenario}.");
    }
}
