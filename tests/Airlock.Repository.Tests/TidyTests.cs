namespace Airlock.Repository.Tests;

public class TidyTests
{
    private static readonly string[] _libraries = ["src/Airlock.Core", "src/Airlock", "src/Airlock.Client", "src/Airlock.AspNetCore"];

    [Fact]
    public void Files_are_short() => Tidy(SourceFile.Tree(".js"), TidyRules.LongFile);

    [Fact]
    public void Names_are_nouns() => Tidy(SourceFile.Tree(".cs", ".js"), TidyRules.NameThatHidesANoun);

    [Fact]
    public void A_file_is_named_after_its_one_public_type() =>
        Tidy(SourceFile.Tree(".cs").Where(file => file.IsUnder("src")), TidyRules.FileNotNamedAfterItsType);

    [Fact]
    public void References_follow_the_dependency_rule()
    {
        var projects = SourceFile.Tree(".csproj").Where(file => file.IsUnder("src")).ToList();

        Assert.All(_libraries, folder => Assert.Contains(projects, project => project.IsUnder(folder)));
        Tidy(projects, TidyRules.ForbiddenReference);
    }

    // This folder names the forbidden words.
    [Fact]
    public void Nothing_is_left_open() =>
        Tidy(SourceFile.Tree(".cs", ".js", ".sh").Where(file => !file.IsUnder("tests/Airlock.Repository.Tests")), TidyRules.OpenEnd);

    [Fact]
    public void A_suppression_carries_its_reason() =>
        Tidy(SourceFile.Tree(".cs").Where(file => !file.IsUnder("tests/Airlock.Repository.Tests")), TidyRules.SuppressionWithoutReason);

    [Fact]
    public void Only_the_spawner_and_the_entropy_lift_a_ban() =>
        Tidy(SourceFile.Tree(".cs").Where(file => file.IsUnder("src")), TidyRules.LiftedBan);

    [Fact]
    public void Nobody_drops_the_result_of_apply() =>
        Tidy(SourceFile.Tree(".cs").Where(file => file.IsUnder("src")), TidyRules.DroppedResultOfApply);

    [Fact]
    public void Test_classes_are_named_after_their_subject() =>
        Tidy(SourceFile.Tree(".cs").Where(file => file.IsUnder("tests")), TidyRules.MisnamedTestClass);

    [Fact]
    public void Test_names_are_sentences() =>
        Tidy(SourceFile.Tree(".cs").Where(file => file.IsUnder("tests")), TidyRules.TestThatIsNoSentence);

    [Fact]
    public void Nobody_asserts_where_the_product_tries_again() =>
        Tidy(SourceFile.Tree(".cs").Where(file => file.IsUnder("tests")), TidyRules.AssertionThatIsOnlyTriedAgain);

    [Fact]
    public void Every_project_is_in_the_solution() =>
        Assert.Empty(TidyRules.ProjectOutsideTheSolution(SourceFile.Tree(".csproj"), SourceFile.Tree(".slnx").Single()));

    [Fact]
    public void Every_pinned_package_is_referenced() =>
        Assert.Empty(TidyRules.PinWithoutReference(
            SourceFile.Tree(".props").Single(file => file.Path == "Directory.Packages.props"), SourceFile.Tree(".csproj", ".props").Where(file => file.Path != "Directory.Packages.props")));

    private static void Tidy(IEnumerable<SourceFile> files, Func<SourceFile, IEnumerable<string>> rule)
    {
        var read = files.ToList();
        Assert.NotEmpty(read);
        var breaches = string.Join(Environment.NewLine, read.SelectMany(rule));
        Assert.True(breaches.Length == 0, breaches);
    }
}
