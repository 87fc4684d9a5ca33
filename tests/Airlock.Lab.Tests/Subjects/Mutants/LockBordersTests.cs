using Airlock.Lab.Running;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Tests.Subjects.Mutants;

public sealed class LockBordersTests
{
    /// <summary>Within so many schedules each fault shows, a quarter of them of each kind of search.</summary>
    private const int Schedules = 400;

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
        var survey = CompiledDriver.Of(mutation).Survey(ScenarioCatalog.Lab.Find(scenario), mutation, new Plan { Schedules = Schedules });
        Assert.Null(survey.Error);
        Assert.True(survey.Violating > 0, $"{mutation} violates nothing in {survey.Schedules} schedules of {scenario}.");
    }
}
