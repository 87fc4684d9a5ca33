extern alias shipped;

using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airlock.Lab.Subjects.Mutants;

/// <summary>Compiles the libraries of the driver and the client in memory, with many mutations of which one is chosen later, or with their locks as points of the schedule. Every file is parsed once, and only what changes is compiled.</summary>
internal sealed class DriverCompiler
{
    private static readonly Lazy<DriverCompiler> _shared = new(static () => new DriverCompiler());
    private static readonly CSharpParseOptions _parse = new(LanguageVersion.Latest, DocumentationMode.None);

    private static readonly MetadataReference[] _platform =
    [
        .. $"{AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")}".Split(Path.PathSeparator)
            .Where(static path => !Path.GetFileName(path).StartsWith("Airlock", StringComparison.Ordinal))
            .Select(static path => MetadataReference.CreateFromFile(path)),
    ];

    private readonly Dictionary<string, SyntaxTree> _trees = [];
    private readonly Dictionary<string, CSharpCompilation> _compilations = [];

    private DriverCompiler()
    {
        Parse(typeof(DriverCompiler).Assembly);
        Add(typeof(Core.Protocol).Assembly);
        Add(typeof(AirlockServer).Assembly, typeof(Core.Protocol).Assembly);
        Add(typeof(shipped::Airlock.Client.AirlockClient).Assembly, typeof(Core.Protocol).Assembly);
    }

    /// <summary>The one there is; making it takes a second or two.</summary>
    public static DriverCompiler Shared => _shared.Value;

    /// <summary>One that knows a library more.</summary>
    /// <param name="library">The library.</param>
    /// <param name="carrier">Where its sources travel, as those of the driver do in the lab.</param>
    /// <param name="references">The libraries of this project that it refers to.</param>
    internal static DriverCompiler Knowing(Assembly library, Assembly carrier, params ReadOnlySpan<Assembly> references)
    {
        var compiler = new DriverCompiler();
        compiler.Parse(carrier);
        compiler.Add(library, references);
        return compiler;
    }

    /// <summary>Which library a mutation changes.</summary>
    public static string LibraryOf(Mutation mutation) => mutation.File[..mutation.File.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Compiles what changes.</summary>
    /// <param name="mutations">The mutations, each behind its number: its place here, from 1.</param>
    /// <param name="hasLockPoints">Whether the locks become points of the schedule.</param>
    /// <returns>The images of the libraries that are not as they are here, by name.</returns>
    /// <exception cref="InvalidOperationException">A mutation does not apply exactly once, or what comes of it does not compile. The message says so.</exception>
    public Dictionary<string, byte[]> With(IReadOnlyList<Mutation> mutations, bool hasLockPoints)
    {
        var mutants = mutations.Select((mutation, i) => (Number: i + 1, mutation.File, Mutant: Mutated(mutation))).ToLookup(static mutant => mutant.File);
        // The core has no locks.
        var libraries = _compilations.Keys.Where(library => (hasLockPoints && library != "Airlock.Core") || mutations.Any(mutation => LibraryOf(mutation) == library));
        return libraries.ToDictionary(static library => library, library => Emit(Switched(_compilations[library], mutants, hasLockPoints), mutations));
    }

    private SyntaxNode Mutated(Mutation mutation)
    {
        if (!_trees.TryGetValue(mutation.File, out var tree))
        {
            throw new InvalidOperationException($"The mutation {mutation} names a file that the driver does not have.");
        }

        var text = tree.ToString();
        var found = text.Split(mutation.Text).Length - 1;
        if (found != 1)
        {
            throw new InvalidOperationException($"The mutation {mutation} no longer fits: its text stands there {found} times, not once. Look where the guard went and change the entry in MutationTable.cs.");
        }

        var mutant = Parse(text.Replace(mutation.Text, mutation.Instead, StringComparison.Ordinal));
        return mutant.GetDiagnostics().FirstOrDefault(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error) is { } wrong ? throw DoesNotCompile(mutation, wrong) : mutant.GetRoot();
    }

    private static CSharpCompilation Switched(CSharpCompilation library, ILookup<string, (int Number, string File, SyntaxNode Mutant)> mutants, bool hasLockPoints)
    {
        foreach (var tree in library.SyntaxTrees)
        {
            var root = MutationSwitch.Into(tree.GetRoot(), mutants[tree.FilePath].Select(static mutant => (mutant.Number, mutant.Mutant)));
            library = library.ReplaceSyntaxTree(tree, tree.WithRootAndOptions(hasLockPoints ? new LockRewriter().Visit(root)! : root, _parse));
        }

        return library.AddSyntaxTrees(Parse(MutationSwitch.Source + (hasLockPoints ? LockRewriter.Lock : "")));
    }

    private static byte[] Emit(CSharpCompilation compilation, IReadOnlyList<Mutation> mutations)
    {
        var image = new MemoryStream();
        var emitted = compilation.Emit(image);
        return emitted.Success ? image.ToArray()
            : emitted.Diagnostics.First(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error) is var wrong && MutationSwitch.NumberAt(wrong.Location) is > 0 and var number ? throw DoesNotCompile(mutations[number - 1], wrong)
            : throw new InvalidOperationException($"The driver as the lab compiles it does not compile: {wrong}");
    }

    private static InvalidOperationException DoesNotCompile(Mutation mutation, Diagnostic wrong) => new($"The mutation {mutation} does not compile: {wrong}");

    private static SyntaxTree Parse(string text) => CSharpSyntaxTree.ParseText(text, _parse);

    private void Parse(Assembly carrier)
    {
        foreach (var name in carrier.GetManifestResourceNames().Where(static name => name.EndsWith(".cs", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(carrier.GetManifestResourceStream(name)!);
            var path = name.Replace('\\', '/');
            _trees.Add(path, Parse(reader.ReadToEnd().ReplaceLineEndings("\n")).WithFilePath(path));
        }
    }

    private void Add(Assembly library, params ReadOnlySpan<Assembly> references)
    {
        var name = library.GetName();
        var extra = new StringBuilder($"[assembly: System.Reflection.AssemblyVersion(\"{name.Version}\")]\n");
        var lab = typeof(DriverCompiler).Assembly.GetName().Name;
        foreach (var friend in (string[])[lab!, $"{lab}.Tests"])
        {
            extra.AppendLine(CultureInfo.InvariantCulture, $"[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"{friend}\")]");
        }

        foreach (var space in (string[])["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"])
        {
            extra.Insert(0, $"global using {space};\n");
        }

        // Both ends write payloads by the same rules: the client's project has these of the server's.
        var isClient = name.Name == "Airlock.Client";
        var trees = _trees.Where(tree => tree.Key.StartsWith($"{name.Name}/", StringComparison.Ordinal) || (isClient && tree.Key.StartsWith("Airlock/Json/", StringComparison.Ordinal))).Select(static tree => tree.Value);
        // Nullability changes no code, only warnings, and its analysis takes time.
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Disable, allowUnsafe: true);
        _compilations.Add(name.Name!, CSharpCompilation.Create(name.Name, [.. trees, Parse(extra.ToString())], [.. _platform, .. references.ToArray().Select(static reference => MetadataReference.CreateFromFile(reference.Location))], options));
    }
}
