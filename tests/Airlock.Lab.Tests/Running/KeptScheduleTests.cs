using System.Runtime.CompilerServices;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests.Running;

public sealed class KeptScheduleTests
{
    public static TheoryData<string> Scenarios => [.. KeptSchedule.Read(Folder()).Select(static race => race.Scenario).Distinct()];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Every_race_that_was_kept_is_as_red_or_as_green_as_it_must_be(string scenario) =>
        Assert.All(KeptSchedule.Read(Folder()).Where(race => race.Scenario == scenario), static race =>
        {
            var run = SubjectCatalog.Find(race.Subject).Replay(ScenarioCatalog.Lab.Find(race.Scenario), Schedule.Parse(race.Schedule));
            Assert.Equal(!race.MustBeGreen, run.Violations.Any(violation => race.MustBeGreen || violation.Checker == race.Checker));
        });

    [Fact]
    public void The_last_race_of_a_subject_and_checker_is_kept()
    {
        var folder = Directory.CreateTempSubdirectory("airlock-lab-tests-").FullName;
        try
        {
            KeptSchedule.Write(folder, [new("a", "legacy", "one-machine", "1"), new("a", "airlock", "one-machine", "2"), new("b", "legacy", "one-machine", "3")]);
            KeptSchedule.Write(folder, [new("a", "legacy", "one-machine", "t.4")]);
            Assert.Equal([new("a", "airlock", "one-machine", "2"), new("a", "legacy", "one-machine", "t.4"), new("b", "legacy", "one-machine", "3")], KeptSchedule.Read(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Only_a_subject_without_a_fault_must_be_green()
    {
        Assert.True(new KeptSchedule("a", "airlock", "one-machine", "1").MustBeGreen);
        Assert.True(new KeptSchedule("a", "legacy:None", "one-machine", "1").MustBeGreen);
        Assert.False(new KeptSchedule("a", "legacy", "one-machine", "1").MustBeGreen);
        Assert.False(new KeptSchedule("a", "mutant:negative-allowed", "one-machine", "1").MustBeGreen);
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../lab/schedules"));
}
