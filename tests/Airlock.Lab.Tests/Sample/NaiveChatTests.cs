using System.Runtime.Loader;
using Airlock.Lab.Running;
using Airlock.Lab.Sample;
using Airlock.Lab.Subjects;
using Airlock.Lab.Tests.Reports;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airlock.Lab.Tests.Sample;

public sealed class NaiveChatTests
{
    private const string Race = """
                foreach (var message in early.ToArray())
        """;

    private const string Mended = """
                while (early.TryDequeue(out var message))
        """;

    [Fact]
    public void The_lab_finds_the_race_of_the_naive_endpoint()
    {
        var found = Explore(static () => new NaiveChatSubject());
        Assert.NotNull(found.First);
        Assert.Contains(found.First.Violations, static violation => violation.Checker == "delivered-once" && violation.Text.Contains("never handled", StringComparison.Ordinal));
        Assert.InRange(found.Violating, 1, found.Schedules - 1);
    }

    [Fact]
    public void The_race_is_gone_with_the_line_that_the_guide_tells()
    {
        Assert.Contains(Mended.Trim(), Repository.Read("docs/lab.md"), StringComparison.Ordinal);
        var endpoint = Repository.Read("lab/Airlock.Lab.Sample/NaiveChat.cs");
        Assert.Contains(Race, endpoint, StringComparison.Ordinal);
        var subject = Compile(endpoint.Replace(Race, Mended, StringComparison.Ordinal), Repository.Read("lab/Airlock.Lab.Sample/NaiveChatSubject.cs"));
        var found = Explore(() => (ISubject)Activator.CreateInstance(subject)!);
        Assert.Null(found.Error);
        Assert.True(found.First is null, found.First?.Violations[0].Text);
    }

    [Fact]
    public void The_command_line_takes_the_library_as_a_subject() =>
        Assert.Equal("naive-chat", SubjectCatalog.Find(typeof(NaiveChatSubject).Assembly.Location).Name);

    private static Exploration Explore(Func<ISubject> subject)
    {
        var explorer = new Explorer(ScenarioCatalog.Lab.Find("early-flush"), subject);
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
        return AssemblyLoadContext.Default.LoadFromStream(image).GetType(typeof(NaiveChatSubject).FullName!)!;
    }
}
