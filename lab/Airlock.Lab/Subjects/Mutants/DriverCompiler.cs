extern alias shipped;

using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airlock.Lab.Subjects.Mutants;

/// <summary>Compiles the libraries of the driver and the client in memory, with one text replaced, or with their locks as points of the schedule. Every file is parsed once, and only what changes is compiled.</summary>
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
    private readonly ConcurrentDictionary<string, CSharpCompilation> _withLockPoints = new();

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
    /// <param name="mutation">The mutation, or null for none.</param>
    /// <param name="hasLockPoints">Whether the locks become points of the schedule.</param>
    /// <param name="libraries">Which libraries; none for all.</param>
    /// <returns>The images of the libraries that are not as they are here, by name.</returns>
    /// <exception cref="InvalidOperationException">The mutation does not apply exactly once, or what comes of it does not compile. The message says so.</exception>
    public Dictionary<string, MemoryStream> With(Mutation? mutation, bool hasLockPoints, params IReadOnlyList<string> libraries)
    {
        var changed = new Dictionary<string, CSharpCompilation>();
        if (hasLockPoints)
        {
            // The core has none.
            foreach (var library in _compilations.Keys.Where(static library => library != "Airlock.Core").Where(library => libraries.Count == 0 || libraries.Contains(library)))
            {
                changed[library] = _withLockPoints.GetOrAdd(library, WithLockPoints);
            }
        }

        if (mutation is not null)
        {
            var library = LibraryOf(mutation);
            changed[library] = Mutated(changed.GetValueOrDefault(library) ?? _compilations[library], mutation, hasLockPoints);
        }

        return changed.ToDictionary(static library => library.Key, library => Emit(library.Value, mutation));
    }

    private CSharpCompilation Mutated(CSharpCompilation library, Mutation mutation, bool hasLockPoints)
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

        var mutated = Parse(text.Replace(mutation.Text, mutation.Instead, StringComparison.Ordinal)).WithFilePath(mutation.File);
        return library.ReplaceSyntaxTree(library.SyntaxTrees.First(tree => tree.FilePath == mutation.File), hasLockPoints ? WithLockPoints(mutated) : mutated);
    }

    private CSharpCompilation WithLockPoints(string library) => _compilations[library]
        .RemoveAllSyntaxTrees()
        .AddSyntaxTrees(_compilations[library].SyntaxTrees.Select(WithLockPoints))
        .AddSyntaxTrees(Parse(LockRewriter.Lock));

    private static SyntaxTree WithLockPoints(SyntaxTree tree) => tree.WithRootAndOptions(new LockRewriter().Visit(tree.GetRoot())!, _parse);

    private static MemoryStream Emit(CSharpCompilation compilation, Mutation? mutation)
    {
        var image = new MemoryStream();
        var emitted = compilation.Emit(image);
        if (!emitted.Success)
        {
            throw new InvalidOperationException($"{(mutation is null ? "The driver with its locks replaced" : $"The mutation {mutation}")} does not compile: {emitted.Diagnostics.First(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)}");
        }

        image.Position = 0;
        return image;
    }

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
