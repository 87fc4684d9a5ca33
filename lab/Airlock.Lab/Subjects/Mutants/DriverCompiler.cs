extern alias shipped;

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
    private readonly Dictionary<string, SyntaxTree> _trees = [];
    private readonly Dictionary<string, CSharpCompilation> _compilations = [];

    private DriverCompiler()
    {
        var lab = typeof(DriverCompiler).Assembly;
        foreach (var name in lab.GetManifestResourceNames().Where(static name => name.EndsWith(".cs", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(lab.GetManifestResourceStream(name)!);
            _trees.Add(name.Replace('\\', '/'), Parse(reader.ReadToEnd().ReplaceLineEndings("\n")));
        }

        var platform = $"{AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")}".Split(Path.PathSeparator)
            .Where(static path => !Path.GetFileName(path).StartsWith("Airlock", StringComparison.Ordinal))
            .Select(static path => MetadataReference.CreateFromFile(path))
            .ToArray();
        Add(typeof(Core.Protocol).Assembly, platform);
        var core = MetadataReference.CreateFromFile(typeof(Core.Protocol).Assembly.Location);
        Add(typeof(AirlockServer).Assembly, [.. platform, core]);
        Add(typeof(shipped::Airlock.Client.AirlockClient).Assembly, [.. platform, core]);
    }

    /// <summary>The one there is; making it takes a second or two.</summary>
    public static DriverCompiler Shared => _shared.Value;

    /// <summary>Which library a mutation changes.</summary>
    public static string LibraryOf(Mutation mutation) => mutation.File[..mutation.File.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Compiles what changes.</summary>
    /// <param name="mutation">The mutation, or null for none.</param>
    /// <param name="hasLockPoints">Whether the locks become points of the schedule.</param>
    /// <returns>The images of the libraries that are not as they are here, by name.</returns>
    /// <exception cref="InvalidOperationException">The mutation does not apply exactly once, or what comes of it does not compile. The message says so.</exception>
    public Dictionary<string, MemoryStream> With(Mutation? mutation, bool hasLockPoints)
    {
        var changed = new Dictionary<string, CSharpCompilation>();
        if (mutation is not null)
        {
            changed.Add(LibraryOf(mutation), Mutated(mutation));
        }

        if (hasLockPoints)
        {
            // The core has none.
            foreach (var library in _compilations.Keys.Where(static library => library != "Airlock.Core"))
            {
                changed[library] = WithLockPoints(changed.GetValueOrDefault(library) ?? _compilations[library]);
            }
        }

        return changed.ToDictionary(static library => library.Key, library => Emit(library.Value, mutation));
    }

    private CSharpCompilation Mutated(Mutation mutation)
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

        return _compilations[LibraryOf(mutation)].ReplaceSyntaxTree(tree, Parse(text.Replace(mutation.Text, mutation.Instead, StringComparison.Ordinal)));
    }

    private static CSharpCompilation WithLockPoints(CSharpCompilation library)
    {
        var rewriter = new LockRewriter();
        foreach (var tree in library.SyntaxTrees)
        {
            var root = tree.GetRoot();
            if (rewriter.Visit(root) is { } rewritten && rewritten != root)
            {
                library = library.ReplaceSyntaxTree(tree, CSharpSyntaxTree.Create((CSharpSyntaxNode)rewritten, _parse));
            }
        }

        return library.AddSyntaxTrees(Parse(LockRewriter.Lock));
    }

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

    private void Add(Assembly library, IReadOnlyList<MetadataReference> references)
    {
        var name = library.GetName();
        var extra = new StringBuilder($"[assembly: System.Reflection.AssemblyVersion(\"{name.Version}\")]\n[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"{typeof(DriverCompiler).Assembly.GetName().Name}\")]\n");
        foreach (var space in (string[])["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"])
        {
            extra.Insert(0, $"global using {space};\n");
        }

        // Both ends write payloads by the same rules: the client's project has these of the server's.
        var isClient = name.Name == "Airlock.Client";
        var trees = _trees.Where(tree => tree.Key.StartsWith($"{name.Name}/", StringComparison.Ordinal) || (isClient && tree.Key.StartsWith("Airlock/Json/", StringComparison.Ordinal))).Select(static tree => tree.Value);
        // Nullability changes no code, only warnings, and its analysis takes time.
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Disable, allowUnsafe: true);
        _compilations.Add(name.Name!, CSharpCompilation.Create(name.Name, [.. trees, Parse(extra.ToString())], references, options));
    }
}
