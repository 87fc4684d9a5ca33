using Airlock.Lab.Running;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Tests.Subjects.Mutants;

public sealed class SurroundedTests
{
    /// <summary>Within so many schedules each fault shows, a quarter of them of each kind of search.</summary>
    private const int Schedules = 400;

    public static TheoryData<string> Names => [.. Surrounded.All.Select(static plant => plant.Mutation.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_fault_that_ordinary_surroundings_hide_is_seen_in_others(string name)
    {
        var (mutation, scenario) = Surrounded.All.Single(plant => plant.Mutation.Name == name);
        var survey = CompiledDriver.Of(mutation.Name).Survey(ScenarioCatalog.Lab.Find(scenario), mutation.Name, new Plan { Schedules = Schedules });
        Assert.Null(survey.Error);
        Assert.True(survey.Violating > 0, $"{mutation} violates nothing in {survey.Schedules} schedules of {scenario}.");
        Assert.StartsWith("w", survey.Schedule, StringComparison.Ordinal);
    }
}
