using System.Reflection;
using System.Runtime.Loader;
using Airlock.Lab.Subjects.Mutants;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airlock.Lab.Tests.Subjects.Mutants;

public sealed class MutationSwitchTests
{
    [Theory]
    [InlineData("static string Give() { return \"one\"; }", "Give()")]
    [InlineData("static string Give() => \"one\";", "Give()")]
    [InlineData("static string Give() => throw new Exception(\"one\");", "Give()")]
    [InlineData("static string Give => \"one\";", "Give")]
    [InlineData("static string Give { get => \"one\"; }", "Give")]
    [InlineData("static string Give { get { return \"one\"; } set { } }", "Give")]
    [InlineData("string Given { get; } = \"one\";", "new Giver().Given")]
    [InlineData("string _given = \"one\";", "new Giver()._given")]
    [InlineData("string _given; Giver() { _given = \"one\"; }", "new Giver()._given")]
    [InlineData("string _given; Giver() => _given = \"one\";", "new Giver()._given")]
    [InlineData("static string _given; static void Set() => _given = \"one\"; static string Give() { Set(); return _given; }", "Give()")]
    [InlineData("static string _given; static async Task SetAsync() => await Task.FromResult(_given = \"one\"); static string Give() { SetAsync().GetAwaiter().GetResult(); return _given; }", "Give()")]
    [InlineData("static async Task<string> GiveAsync() => await Task.FromResult(\"one\");", "GiveAsync().GetAwaiter().GetResult()")]
    [InlineData("static IEnumerable<string> Give() { yield return \"one\"; }", "string.Concat(Give())")]
    [InlineData("struct Inner { public static implicit operator string(Inner inner) => \"one\"; }", "new Inner()")]
    public void A_number_chooses_what_a_body_does(string members, string asked)
    {
        var source = $"using System; using System.Collections.Generic; using System.Threading.Tasks; namespace Some; public sealed class Giver {{ {members} public static string Ask() {{ try {{ return {asked}; }} catch (Exception e) {{ return e.Message; }} }} }}";
        var library = Library(source, source.Replace("\"one\"", "\"two\"", StringComparison.Ordinal), source.Replace("\"one\"", "\"three\"", StringComparison.Ordinal));
        var choose = MutationSwitch.Of([library]);
        Assert.Equal(["one", "two", "three", "one", "one"], new[] { 0, 1, 2, 3, 0 }.Select(number =>
        {
            choose(number);
            return library.GetType("Some.Giver")!.GetMethod("Ask")!.Invoke(null, null);
        }));
    }

    [Fact]
    public void A_value_that_a_type_keeps_is_made_once()
    {
        var library = Library("public static class Giver { static string _given = \"one\"; public static string Ask() => _given; }", "public static class Giver { static string _given = \"two\"; public static string Ask() => _given; }");
        var choose = MutationSwitch.Of([library]);
        choose(1);
        Assert.Equal("two", library.GetType("Giver")!.GetMethod("Ask")!.Invoke(null, null));
        choose(0);
        Assert.Equal("two", library.GetType("Giver")!.GetMethod("Ask")!.Invoke(null, null));
    }

    [Theory]
    [InlineData("class Giver { void Give() { } }", "sealed class Giver { void Give() { } }")]
    [InlineData("class Giver { void Give() { } }", "class Giver { void Give() { } void GiveMore() { } }")]
    [InlineData("class Giver { int _given; }", "class Giver { int _taken; }")]
    [InlineData("class Giver { const int Given = 1; } enum Gift { One }", "class Giver { const int Given = 1; } enum Gift { Two }")]
    public void What_is_no_body_and_no_value_is_refused(string source, string mutant) =>
        Assert.Contains("only bodies and values can be switched", Assert.Throws<InvalidOperationException>(() => Library(source, mutant)).Message, StringComparison.Ordinal);

    private static Assembly Library(string source, params IEnumerable<string> mutants)
    {
        var file = MutationSwitch.Into(Parse(source), mutants.Select(static (mutant, i) => (i + 1, Parse(mutant))));
        var references = $"{AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")}".Split(Path.PathSeparator).Where(static path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal));
        var compilation = CSharpCompilation.Create("Giver", [file.SyntaxTree, CSharpSyntaxTree.ParseText(MutationSwitch.Source)], references.Select(static path => MetadataReference.CreateFromFile(path)), new(OutputKind.DynamicallyLinkedLibrary));
        var image = new MemoryStream();
        Assert.Empty(compilation.Emit(image).Diagnostics.Where(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        image.Position = 0;
        return new AssemblyLoadContext(null, isCollectible: true).LoadFromStream(image);

        static SyntaxNode Parse(string text) => CSharpSyntaxTree.ParseText(text).GetRoot();
    }
}
