using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Tests.Running;

public sealed class SubjectCatalogTests
{
    [Fact]
    public void Every_name_stands_for_a_subject_of_that_name() =>
        Assert.All(SubjectCatalog.Names, static name => Assert.Equal(name, SubjectCatalog.Find(name).Name));

    [Fact]
    public void Faults_can_be_combined()
    {
        Assert.NotNull(SubjectCatalog.Find("legacy:secondmachine+failopenlookup"));
        Assert.Contains("legacy:SecondMachine", Assert.Throws<UnknownNameException>(() => SubjectCatalog.Find("legacy:SecondMachine+Nothing")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_red_half_is_its_fault_alone_or_its_mutation()
    {
        Assert.Equal("legacy:SecondMachine", SubjectCatalog.Find(Red.Of(LegacyFault.SecondMachine)).Name);
        Assert.Equal("mutant:negative-allowed", SubjectCatalog.Find(Red.Of("negative-allowed")).Name);
        var several = SubjectCatalog.Find(Red.Of(LegacyFault.SilentReturn | LegacyFault.FreshMachine)).Name;
        Assert.Equal("legacy:FreshMachine+SilentReturn", several);
        Assert.Equal(several, SubjectCatalog.Find(several).Name);
    }

    [Fact]
    public void A_library_of_ones_own_is_loaded_and_run()
    {
        var scenario = new PlantedScenario(static _ => Task.CompletedTask);
        var own = SubjectCatalog.Find(typeof(OwnSubject).Assembly.Location);
        Assert.Equal("own", own.Name);
        Assert.Empty(own.Replay(scenario, new Schedule([])).Violations);
        Assert.Equal(typeof(OwnSubject).Assembly.Location, SubjectCatalog.ArgumentOf("own"));
        Assert.Equal("own", SubjectCatalog.Find("own").Name);
        Assert.Equal("airlock", SubjectCatalog.ArgumentOf("airlock"));
    }

    [Fact]
    public void A_library_without_a_subject_says_what_it_must_have() =>
        Assert.Contains("must have one public class that implements Airlock.Lab.Subjects.ISubject", Assert.Throws<UnknownNameException>(() => SubjectCatalog.Find(typeof(FactAttribute).Assembly.Location)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_no_library_is_refused()
    {
        var path = Path.ChangeExtension(Path.GetTempFileName(), ".dll");
        File.WriteAllText(path, "no library");
        try
        {
            Assert.Contains("cannot be loaded", Assert.Throws<UnknownNameException>(() => SubjectCatalog.Find(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Suites_are_found_by_name_and_by_priority()
    {
        var catalog = ScenarioCatalog.Lab;
        Assert.Equal(catalog.Find(["reproduction"], []), catalog.Find(["1"], []));
        Assert.Equal(catalog.All, catalog.Find([], []));
        Assert.Equal(["reproduction", "cloud-run", "close-1011", "original", "integration", "neighbours", "e2e"], Enum.GetValues<Suite>().Select(ScenarioCatalog.NameOf));
    }
}
