using Airlock.Lab.Running;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Tests.Subjects.Mutants;

public sealed class LeaksTests
{
    /// <summary>Within so many schedules each leak shows, a quarter of them of each kind of search.</summary>
    private const int Schedules = 200;

    public static TheoryData<string> Names => [.. Leaks.All.Select(static leak => leak.Mutation.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_not_given_back_is_seen(string name)
    {
        var (mutation, scenario, checker, says) = Leaks.All.Single(leak => leak.Mutation.Name == name);
        var survey = CompiledDriver.Of(mutation.Name).Survey(ScenarioCatalog.Lab.Find(scenario), mutation.Name, new Plan { Schedules = Schedules });
        Assert.Null(survey.Error);
        Assert.Equal(checker, survey.Checker);
        Assert.Contains(says, survey.Text, StringComparison.Ordinal);
    }
}
