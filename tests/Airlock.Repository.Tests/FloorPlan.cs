using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Airlock.Repository.Tests;

/// <summary>The types of the libraries, as the compiler understands their sources: how large each is over all its parts, and which others of its project it knows. What is nested belongs to the type around it.</summary>
public sealed class FloorPlan
{
    private const string ImplicitUsings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";
    private readonly Dictionary<(string Project, string Type), TypeSize> _sizes = [];
    private readonly Dictionary<(string Project, string Type), HashSet<(string Project, string Type)>> _known = [];

    /// <param name="files">All sources, each below its project's folder in <c>src</c>.</param>
    public FloorPlan(IEnumerable<SourceFile> files)
    {
        var trees = files.Select(static file => CSharpSyntaxTree.ParseText(file.Text, path: file.Path)).ToList();
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(static path => MetadataReference.CreateFromFile(path));
        // Of what is not found, such as ASP.NET Core, nothing is asked.
        var compilation = CSharpCompilation.Create("plan", [.. trees, CSharpSyntaxTree.ParseText(ImplicitUsings)], platform, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        foreach (var tree in trees)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var type in tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
            {
                if (model.GetDeclaredSymbol(type) is INamedTypeSymbol symbol)
                {
                    Measure(symbol, type);
                }
            }
        }

        void Measure(INamedTypeSymbol symbol, BaseTypeDeclarationSyntax type)
        {
            var span = type.GetLocation().GetLineSpan();
            var key = (ProjectOf(type.SyntaxTree.FilePath), symbol.ToDisplayString());
            var earlier = _sizes.GetValueOrDefault(key) ?? new TypeSize(type.SyntaxTree.FilePath, 0, 0);
            _sizes[key] = earlier with { Lines = earlier.Lines + span.EndLinePosition.Line - span.StartLinePosition.Line + 1, Fields = FieldsOf(symbol) };
            if (symbol.ContainingType is null)
            {
                var known = _known.TryGetValue(key, out var found) ? found : _known[key] = [];
                var model = compilation.GetSemanticModel(type.SyntaxTree);
                known.UnionWith(type.DescendantNodes().OfType<SimpleNameSyntax>().Select(name => OwnerOf(model.GetSymbolInfo(name).Symbol)).Where(owner => owner is not null && owner != key && owner.Value.Project == key.Item1).Select(static owner => owner!.Value));
            }
        }
    }

    /// <summary>Each type with its size, by project and full name.</summary>
    public IEnumerable<(string Type, TypeSize Size)> Sizes => _sizes.Select(static pair => (pair.Key.Type, pair.Value));

    /// <summary>The circles: types of one project of which each knows each other, if by way of others. One sentence for each.</summary>
    public IEnumerable<(string Project, IReadOnlyList<string> Types)> Circles()
    {
        var left = new HashSet<(string Project, string Type)>(_known.Keys);
        var reach = _known.Keys.ToDictionary(static key => key, ReachOf);
        foreach (var key in _known.Keys.OrderBy(static key => key.Project).ThenBy(static key => key.Type))
        {
            var circle = left.Where(other => other == key || (reach[key].Contains(other) && reach[other].Contains(key))).ToList();
            if (left.Contains(key) && circle.Count > 1)
            {
                yield return (key.Project, [.. circle.Select(static each => each.Type).Order()]);
            }

            left.ExceptWith(circle);
        }
    }

    private HashSet<(string Project, string Type)> ReachOf((string Project, string Type) from)
    {
        var reached = new HashSet<(string Project, string Type)>();
        var next = new Stack<(string Project, string Type)>([from]);
        while (next.TryPop(out var type))
        {
            foreach (var known in _known.TryGetValue(type, out var found) ? found : [])
            {
                if (reached.Add(known))
                {
                    next.Push(known);
                }
            }
        }

        return reached;
    }

    private static (string Project, string Type)? OwnerOf(ISymbol? symbol)
    {
        var type = symbol switch { INamedTypeSymbol named => named, _ => symbol?.ContainingType };
        while (type?.ContainingType is { } outer)
        {
            type = outer;
        }

        return type?.OriginalDefinition.DeclaringSyntaxReferences.FirstOrDefault() is { } declared ? (ProjectOf(declared.SyntaxTree.FilePath), type.OriginalDefinition.ToDisplayString()) : null;
    }

    /// <summary>What an instance holds: fields, what stands behind properties and events, and parameters of the type itself that its members keep.</summary>
    private static int FieldsOf(INamedTypeSymbol type) => type.GetMembers().OfType<IFieldSymbol>().Count(static field => !field.IsStatic && !field.IsConst);

    private static string ProjectOf(string path) => path.Split('/') is ["src", var project, ..] ? project : "";
}
