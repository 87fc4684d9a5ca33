using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Airlock.Lab.Commands;
using Airlock.Lab.Running;
using Airlock.Lab.Sample;
using Airlock.Lab.Subjects;
using Airlock.Lab.Tests.Reports;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airlock.Lab.Tests.Sample;

public sealed partial class NaiveChatTests
{
    private const string Race = """
                foreach (var message in early.ToArray())
        """;

    private const string Mended = """
                while (early.TryDequeue(out var message))
        """;

    [Fact]
    public void The_lab_finds_the_leak_of_the_naive_endpoint()
    {
        var found = Explore(static () => new NaiveChatSubject(), "shared-handlers");
        Assert.NotNull(found.First);
        Assert.Contains(found.First.Violations, static violation => violation.Checker == "one-context" && violation.Text.Contains("is handled for", StringComparison.Ordinal));
    }

    [Fact]
    public void The_lab_finds_the_race_of_the_naive_endpoint()
    {
        var found = Explore(static () => new NaiveChatSubject(), "early-flush");
        Assert.NotNull(found.First);
        Assert.Contains(found.First.Violations, static violation => violation.Checker == "delivered-once" && violation.Text.Contains("never handled", StringComparison.Ordinal));
        Assert.InRange(found.Violating, 1, found.Schedules - 1);
    }

    [Theory]
    [InlineData("shared-handlers")]
    [InlineData("shared-contexts")]
    [InlineData("early-flush")]
    public void Leak_and_race_are_gone_with_what_the_guide_tells(string scenario)
    {
        Assert.Contains(Mended.Trim(), Repository.Read("docs/lab.md"), StringComparison.Ordinal);
        var endpoint = Repository.Read("lab/Airlock.Lab.Sample/NaiveChat.cs");
        foreach (var (was, becomes) in new[] { (Race, Mended), ("    private string _user = \"\";\n\n", ""), ("var isReady = false;", "var isReady = false;\n        var user = \"\";"), ("_user = found", "user = found"), ("answer(_user,", "answer(user,") })
        {
            Assert.Contains(was, endpoint, StringComparison.Ordinal);
            endpoint = endpoint.Replace(was, becomes, StringComparison.Ordinal);
        }

        var subject = Compile(endpoint, Repository.Read("lab/Airlock.Lab.Sample/NaiveChatSubject.cs"));
        var found = Explore(() => (ISubject)Activator.CreateInstance(subject)!, scenario);
        Assert.Null(found.Error);
        Assert.True(found.First is null, found.First?.Violations[0].Text);
    }

    [Fact]
    public void The_command_of_the_guide_finds_what_the_guide_says()
    {
        var guide = Repository.Read("docs/lab.md");
        var command = CommandIn().Match(guide).Groups[1].Value.Replace("artifacts/bin/Airlock.Lab.Sample/release/Airlock.Lab.Sample.dll", typeof(NaiveChatSubject).Assembly.Location, StringComparison.Ordinal);
        var (code, output) = RunLine(command);
        Assert.Equal(2, code);
        var found = FoundIn().Match(output);
        Assert.True(found.Success, output);
        Assert.Contains($"{found.Groups[2].Value} of {found.Groups[1].Value} schedules", guide, StringComparison.Ordinal);
        Assert.Contains("violates comes-to-an-end", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_issue_about_it_has_a_command_that_repeats_it()
    {
        var body = Path.Combine(Directory.CreateTempSubdirectory("airlock-lab-tests-").FullName, "issue.md");
        try
        {
            var (code, output) = RunLine($"run --scenario early-flush --schedules 200 --subject {typeof(NaiveChatSubject).Assembly.Location} --markdown {body}");
            Assert.Equal(2, code);
            Assert.Contains("gh issue create --title 'early-flush: naive-chat violates ", output, StringComparison.Ordinal);
            var text = File.ReadAllText(body);
            Assert.Contains("| step | time s | turn | who | what |", text, StringComparison.Ordinal);
            Assert.Equal(2, RunLine(ReplayIn().Match(text).Groups[1].Value).Code);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(body)!, recursive: true);
        }
    }

    [Fact]
    public void The_command_line_takes_the_library_as_a_subject() =>
        Assert.Equal("naive-chat", SubjectCatalog.Find(typeof(NaiveChatSubject).Assembly.Location).Name);

    private static (int Code, string Output) RunLine(string arguments)
    {
        using var output = new StringWriter();
        return (CommandLine.Run(arguments.Split(' '), new LabConsole(output, output, false, CancellationToken.None)), output.ToString());
    }

    private static Exploration Explore(Func<ISubject> subject, string scenario)
    {
        var explorer = new Explorer(ScenarioCatalog.Lab.Find(scenario), subject);
        return explorer.Explore([new Portion(StrategyKind.Random, false, 1, 200), new Portion(StrategyKind.Delay, false, 1, 200)], countPoolWork: false);
    }

    private static Type Compile(params string[] sources)
    {
        const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";
        var references = $"{AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")}".Split(Path.PathSeparator).Where(static path => !path.EndsWith("Airlock.Lab.Sample.dll", StringComparison.Ordinal)).Select(static path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create("Mended", sources.Append(Usings).Select(static source => CSharpSyntaxTree.ParseText(source)), references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        var image = new MemoryStream();
        var emitted = compilation.Emit(image);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics.Where(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        image.Position = 0;
        // A context of its own: one of the name may be there from another test.
        return new AssemblyLoadContext("mended").LoadFromStream(image).GetType(typeof(NaiveChatSubject).FullName!)!;
    }

    [GeneratedRegex("airlock-lab (run --scenario early-flush .*)")]
    private static partial Regex CommandIn();

    // What the line of a scenario says of its green half: how many schedules, how many violations.
    [GeneratedRegex(@"early-flush +naive-chat (\d+(?:,\d{3})*)(?:, [a-z].*?)?, (\d+(?:,\d{3})*) violations")]
    private static partial Regex FoundIn();

    [GeneratedRegex(@"```sh\nairlock-lab (replay .*)\n```")]
    private static partial Regex ReplayIn();
}
