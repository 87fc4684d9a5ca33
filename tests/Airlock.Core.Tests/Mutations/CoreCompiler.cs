using System.Reflection;
using Airlock.Lab.Subjects.Mutants;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airlock.Core.Tests;

/// <summary>Compiles the sources of the core in memory, with mutations of which one is chosen later.</summary>
internal sealed class CoreCompiler
{
    private static readonly CSharpParseOptions _parse = new(LanguageVersion.Latest, DocumentationMode.None);
    private readonly Dictionary<string, SyntaxTree> _trees;
    private readonly CSharpCompilation _compilation;

    public CoreCompiler()
    {
        var root = Path.Combine(Golden.Root, "src/Airlock.Core");
        _trees = Directory.GetFiles(root, "*.cs", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(root, file).Replace('\\', '/'), file => Parse(File.ReadAllText(file).ReplaceLineEndings("\n")));
        var usings = Parse(string.Concat(new[] { "System", "System.Collections.Generic", "System.Linq" }.Select(name => $"global using {name};\n"))
            + $"[assembly: System.Reflection.AssemblyVersion(\"{typeof(ConnectionLifecycle).Assembly.GetName().Version}\")]");
        var references = $"{AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")}".Split(Path.PathSeparator).Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal));
        // Nullability changes no code, only warnings, and its analysis takes time.
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Disable);
        var compilation = CSharpCompilation.Create("Airlock.Core", [.. _trees.Values, usings, Parse(MutationSwitch.Source)], references.Select(path => MetadataReference.CreateFromFile(path)), options);
        // No mutation touches what is generated.
        CSharpGeneratorDriver.Create(JsonGenerator()).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        _compilation = (CSharpCompilation)generated;
    }

    /// <param name="mutations">The mutations, each behind its number: its place here, from 1.</param>
    /// <exception cref="InvalidOperationException">A text does not stand there once, or what comes of it does not compile.</exception>
    public byte[] With(IReadOnlyList<Mutation> mutations)
    {
        var compilation = _compilation;
        foreach (var mutants in mutations.Select((mutation, i) => (mutation.File, Number: i + 1, Root: Mutated(mutation))).GroupBy(mutant => mutant.File))
        {
            var tree = _trees[mutants.Key];
            compilation = compilation.ReplaceSyntaxTree(tree, tree.WithRootAndOptions(MutationSwitch.Into(tree.GetRoot(), mutants.Select(mutant => (mutant.Number, mutant.Root))), _parse));
        }

        var image = new MemoryStream();
        var wrong = compilation.Emit(image).Diagnostics.FirstOrDefault(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        return wrong is null ? image.ToArray() : throw new InvalidOperationException($"It does not compile{(MutationSwitch.NumberAt(wrong.Location) is > 0 and var number ? $" with {mutations[number - 1]}" : "")}: {wrong}");
    }

    private SyntaxNode Mutated(Mutation mutation)
    {
        var text = _trees[mutation.File].ToString();
        var found = text.Split(mutation.Text).Length - 1;
        return found == 1
            ? Parse(text.Replace(mutation.Text, mutation.Instead, StringComparison.Ordinal)).GetRoot()
            : throw new InvalidOperationException($"{mutation}: the text stands there {found} times.");
    }

    private static SyntaxTree Parse(string text) => CSharpSyntaxTree.ParseText(text, _parse);

    private static IIncrementalGenerator JsonGenerator()
    {
        var path = typeof(CoreCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "JsonGenerator").Value!;
        var generator = Assembly.LoadFrom(path).GetTypes().Single(type => type.IsDefined(typeof(GeneratorAttribute)) && typeof(IIncrementalGenerator).IsAssignableFrom(type));
        return (IIncrementalGenerator)Activator.CreateInstance(generator)!;
    }
}
