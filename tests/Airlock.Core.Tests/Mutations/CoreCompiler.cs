using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airlock.Core.Tests;

/// <summary>Compiles sources of the core in memory, as they are or with one text replaced. Each file is parsed once.</summary>
internal sealed class CoreCompiler
{
    private static readonly CSharpParseOptions _parse = new(LanguageVersion.Latest, DocumentationMode.None);
    private readonly Dictionary<string, SyntaxTree> _trees;
    private readonly CSharpCompilation _compilation;

    /// <param name="withWire">Without the frames and their generated code, which nothing else refers to, a compilation takes a third of the time.</param>
    public CoreCompiler(bool withWire)
    {
        var root = Path.Combine(Golden.Root, "src/Airlock.Core");
        var files = new[] { "Lifecycle", "Session", "Wire" }.Take(withWire ? 3 : 2).SelectMany(folder => Directory.GetFiles(Path.Combine(root, folder), "*.cs"));
        _trees = files.ToDictionary(file => Path.GetRelativePath(root, file).Replace('\\', '/'), file => Parse(File.ReadAllText(file).ReplaceLineEndings("\n")));
        var usings = Parse(string.Concat(new[] { "System", "System.Collections.Generic", "System.Linq" }.Select(name => $"global using {name};\n"))
            + $"[assembly: System.Reflection.AssemblyVersion(\"{typeof(ConnectionLifecycle).Assembly.GetName().Version}\")]");
        var references = $"{AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")}".Split(Path.PathSeparator).Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal));
        // Nullability changes no code, only warnings, and its analysis takes time. The mutations are compiled side by side already.
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Disable, concurrentBuild: false);
        var compilation = CSharpCompilation.Create("Airlock.Core", [.. _trees.Values, usings], references.Select(path => MetadataReference.CreateFromFile(path)), options);
        if (withWire)
        {
            // Once: no mutation touches what is generated.
            CSharpGeneratorDriver.Create(JsonGenerator()).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _, TestContext.Current.CancellationToken);
            compilation = (CSharpCompilation)generated;
        }

        _compilation = compilation;
    }

    public MemoryStream Original() => Emit(_compilation);

    /// <exception cref="InvalidOperationException">The text does not stand there once, or what comes of it does not compile.</exception>
    public MemoryStream With(Mutation mutation)
    {
        var tree = _trees[mutation.File];
        var text = tree.GetText(TestContext.Current.CancellationToken).ToString();
        var found = text.Split(mutation.Text).Length - 1;
        return found == 1
            ? Emit(_compilation.ReplaceSyntaxTree(tree, Parse(text.Replace(mutation.Text, mutation.Instead, StringComparison.Ordinal))))
            : throw new InvalidOperationException($"The text stands there {found} times.");
    }

    private static SyntaxTree Parse(string text) => CSharpSyntaxTree.ParseText(text, _parse);

    private static MemoryStream Emit(CSharpCompilation compilation)
    {
        var image = new MemoryStream();
        var emitted = compilation.Emit(image, cancellationToken: TestContext.Current.CancellationToken);
        return emitted.Success ? image : throw new InvalidOperationException($"It does not compile: {emitted.Diagnostics.First(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)}");
    }

    private static IIncrementalGenerator JsonGenerator()
    {
        var path = typeof(CoreCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "JsonGenerator").Value!;
        var generator = Assembly.LoadFrom(path).GetTypes().Single(type => type.IsDefined(typeof(GeneratorAttribute)) && typeof(IIncrementalGenerator).IsAssignableFrom(type));
        return (IIncrementalGenerator)Activator.CreateInstance(generator)!;
    }
}
