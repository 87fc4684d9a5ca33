using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Airlock.Lab.Subjects.Mutants;

/// <summary>Puts many mutations into one library, each behind a number: to compile, load and warm up a library takes far longer than what a mutant is made for.</summary>
/// <remarks>A body that mutations change has a branch for each, and the body as it was for every other number. A value that a type keeps is made once, for the number of that moment.</remarks>
internal static class MutationSwitch
{
    /// <summary>The type that holds the number, which a library needs besides. No mutation has 0.</summary>
    public const string Source = "namespace Airlock { internal static class Planted { internal static int Number; } }";

    // A branch is marked with its number, to say whose it is when it does not compile.
    private const string Mark = "mutation";

    /// <summary>Puts mutations into a file.</summary>
    /// <param name="file">The file as it is.</param>
    /// <param name="mutants">The whole file with each mutation, by its number.</param>
    /// <exception cref="InvalidOperationException">One changes something else than bodies and values.</exception>
    public static SyntaxNode Into(SyntaxNode file, IEnumerable<(int Number, SyntaxNode File)> mutants)
    {
        var changes = new Dictionary<SyntaxNode, List<(int Number, SyntaxNode Part)>>();
        foreach (var (number, mutant) in mutants)
        {
            Compare(file, mutant, number, changes);
        }

        return file.ReplaceNodes(changes.Keys, (part, _) => Switched(part, changes[part]));
    }

    /// <summary>What chooses the mutation that some libraries have from now on, by its number.</summary>
    /// <param name="libraries">The libraries, as they are loaded.</param>
    public static Action<int> Of(IEnumerable<Assembly> libraries)
    {
        FieldInfo[] numbers = [.. libraries.Select(static library => library.GetType("Airlock.Planted")!.GetField("Number", BindingFlags.Static | BindingFlags.NonPublic)!)];
        return number => Array.ForEach(numbers, field => field.SetValue(null, number));
    }

    /// <summary>The number of the mutation that a place in a library belongs to; 0 if to none.</summary>
    /// <param name="place">The place.</param>
    public static int NumberAt(Location place) =>
        place.SourceTree?.GetRoot().FindNode(place.SourceSpan).AncestorsAndSelf().SelectMany(static node => node.GetAnnotations(Mark)).Select(static mark => int.Parse(mark.Data!, null)).FirstOrDefault() ?? 0;

    private static void Compare(SyntaxNode part, SyntaxNode mutant, int number, Dictionary<SyntaxNode, List<(int Number, SyntaxNode Part)>> changes)
    {
        var (inside, others) = (Inside(part).ToList(), Inside(mutant).ToList());
        var changed = inside.Count != others.Count ? [] : inside.Zip(others).Where(static pair => !pair.First.IsEquivalentTo(pair.Second)).ToList();
        foreach (var (one, other) in changed)
        {
            Compare(one, other, number, changes);
        }

        if (changed.Count == 0)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(changes, part, out _) ??= [];
            changes[part].Add((number, mutant));
        }
    }

    private static IEnumerable<SyntaxNode> Inside(SyntaxNode part) => part switch
    {
        CompilationUnitSyntax file => file.Members,
        BaseNamespaceDeclarationSyntax space => space.Members,
        TypeDeclarationSyntax type => type.Members,
        PropertyDeclarationSyntax { Initializer: { } value } => [value],
        BasePropertyDeclarationSyntax { AccessorList: { } list } => list.Accessors,
        FieldDeclarationSyntax field => field.Declaration.Variables.Select(static variable => variable.Initializer).OfType<SyntaxNode>(),
        _ => [],
    };

    private static SyntaxNode Switched(SyntaxNode part, List<(int Number, SyntaxNode Part)> mutants)
    {
        if (part is EqualsValueClauseSyntax value)
        {
            return value.WithValue(mutants.Aggregate(value.Value, static (rest, mutant) =>
                SyntaxFactory.ParenthesizedExpression(SyntaxFactory.ConditionalExpression(Is(mutant.Number), Marked(((EqualsValueClauseSyntax)mutant.Part).Value, mutant.Number), rest))));
        }

        var body = SyntaxFactory.Block(mutants.Aggregate<(int Number, SyntaxNode Part), StatementSyntax>(BodyOf(part), static (rest, mutant) => SyntaxFactory.IfStatement(Is(mutant.Number), Marked(BodyOf(mutant.Part), mutant.Number), SyntaxFactory.ElseClause(rest))));
        return part switch
        {
            BaseMethodDeclarationSyntax method => method.WithExpressionBody(null).WithSemicolonToken(default).WithBody(body),
            AccessorDeclarationSyntax accessor => accessor.WithExpressionBody(null).WithSemicolonToken(default).WithBody(body),
            _ => ((PropertyDeclarationSyntax)part).WithExpressionBody(null).WithSemicolonToken(default).WithAccessorList(SyntaxFactory.AccessorList([SyntaxFactory.AccessorDeclaration(SyntaxKind.GetAccessorDeclaration, body)])),
        };
    }

    private static BlockSyntax BodyOf(SyntaxNode part) => part switch
    {
        BaseMethodDeclarationSyntax { Body: { } block } => block,
        AccessorDeclarationSyntax { Body: { } block } => block,
        BaseMethodDeclarationSyntax { ExpressionBody: { } arrow } => StatementOf(arrow, !GivesBack(part)),
        AccessorDeclarationSyntax { ExpressionBody: { } arrow } => StatementOf(arrow, !part.IsKind(SyntaxKind.GetAccessorDeclaration)),
        PropertyDeclarationSyntax { ExpressionBody: { } arrow } => StatementOf(arrow, false),
        _ => throw new InvalidOperationException($"It changes a {part.Kind()}, and only bodies and values can be switched: {part.GetLocation().GetLineSpan().StartLinePosition}"),
    };

    private static BlockSyntax StatementOf(ArrowExpressionClauseSyntax arrow, bool givesNothingBack) => SyntaxFactory.Block((StatementSyntax)(arrow.Expression switch
    {
        ThrowExpressionSyntax thrown => SyntaxFactory.ThrowStatement(thrown.Expression),
        var expression when givesNothingBack => SyntaxFactory.ExpressionStatement(expression),
        var expression => SyntaxFactory.ReturnStatement(expression),
    }));

    // What an asynchronous method without a result awaits is not its result.
    private static bool GivesBack(SyntaxNode part) => part switch
    {
        MethodDeclarationSyntax method when method.Modifiers.Any(SyntaxKind.AsyncKeyword) => method.ReturnType is GenericNameSyntax,
        MethodDeclarationSyntax { ReturnType: PredefinedTypeSyntax type } => !type.Keyword.IsKind(SyntaxKind.VoidKeyword),
        ConstructorDeclarationSyntax or DestructorDeclarationSyntax => false,
        _ => true,
    };

    private static BinaryExpressionSyntax Is(int number) => (BinaryExpressionSyntax)SyntaxFactory.ParseExpression($"global::Airlock.Planted.Number == {number}");

    private static T Marked<T>(T branch, int number)
        where T : SyntaxNode => branch.WithAdditionalAnnotations(new SyntaxAnnotation(Mark, $"{number}"));
}
