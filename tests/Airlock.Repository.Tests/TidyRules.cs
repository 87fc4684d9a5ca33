using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Airlock.Repository.Tests;

/// <summary>The rules of CONVENTIONS.md that a machine can check. Each yields one sentence per breach.</summary>
public static partial class TidyRules
{
    private static readonly string[] _packagesOfAirlock =
    [
        "Microsoft.Extensions.DependencyInjection.Abstractions",
        "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.Options", "System.IO.Hashing",
    ];

    // The dependency rule: what a library may reference, and which packages and frameworks.
    private static readonly Dictionary<string, (string[] Projects, string[] Packages, string[] Frameworks)> _mayReference = new()
    {
        ["Airlock.Core"] = ([], [], []),
        ["Airlock"] = (["Airlock.Core"], _packagesOfAirlock, []),
        ["Airlock.Client"] = (["Airlock.Core"], ["Microsoft.Extensions.Logging.Abstractions"], []),
        ["Airlock.AspNetCore"] = (["Airlock"], [], ["Microsoft.AspNetCore.App"]),
    };

    /// <summary>Of C# the types are measured (<see cref="FloorPlan"/>); a module of JavaScript is its file.</summary>
    public static IEnumerable<string> LongFile(SourceFile file)
    {
        const int LinesMax = 400;
        if (file.IsUnder("clients/js") && file.Lines.Length > LinesMax)
        {
            yield return $"{file.Path} has {file.Lines.Length} lines, more than {LinesMax}.";
        }
    }

    public static IEnumerable<string> NameThatHidesANoun(SourceFile file)
    {
        var names = file.Name.EndsWith(".cs", StringComparison.Ordinal)
            ? file.Syntax.DescendantNodes().OfType<MemberDeclarationSyntax>().Select(TypeName).OfType<string>()
            : [];
        return names.Append(file.Noun).Distinct().Where(name => Drawer().IsMatch(name))
            .Select(name => $"{file.Path}: look for the noun once more: {name}.");
    }

    public static IEnumerable<string> FileNotNamedAfterItsType(SourceFile file)
    {
        var types = TopLevelTypes(file).ToList();
        var open = types.Where(type => type.Modifiers.Any(SyntaxKind.PublicKeyword)).Select(TypeName).Distinct().ToList();
        if (open.Count > 1)
        {
            yield return $"{file.Path} has {open.Count} public types: {string.Join(", ", open)}.";
        }
        else if (open.Count == 1 && open[0] != file.Noun)
        {
            yield return $"{file.Path} is not named after its public type {open[0]}.";
        }
        else if (open.Count == 0 && types.Count > 0 && types.All(type => TypeName(type) != file.Noun))
        {
            yield return $"{file.Path} is not named after a type in it.";
        }
    }

    public static IEnumerable<string> ForbiddenReference(SourceFile project)
    {
        if (!_mayReference.TryGetValue(Path.GetFileNameWithoutExtension(project.Path), out var may))
        {
            return [$"{project.Path} has no line in the dependency rule."];
        }

        return Foreign("ProjectReference", may.Projects, Path.GetFileNameWithoutExtension)
            .Concat(Foreign("PackageReference", may.Packages, name => name))
            .Concat(Foreign("FrameworkReference", may.Frameworks, name => name));

        IEnumerable<string> Foreign(string element, string[] allowed, Func<string, string> nameOf) =>
            XDocument.Parse(project.Text).Descendants(element)
                .Select(reference => nameOf((reference.Attribute("Include")?.Value ?? "").Replace('\\', '/')))
                .Where(name => !allowed.Contains(name))
                .Select(name => $"{project.Path} may not reference {name}.");
    }

    public static IEnumerable<string> OpenEnd(SourceFile file) =>
        file.Lines.Select((line, index) => (line, number: index + 1)).Where(at => Unfinished().IsMatch(at.line))
            .Select(at => $"{file.Path}:{at.number} is left open: {at.line.Trim()}");

    public static IEnumerable<string> SuppressionWithoutReason(SourceFile file) =>
        file.Lines.Select((line, index) => (line, number: index + 1)).Where(at => BareSuppression().IsMatch(at.line))
            .Select(at => $"{file.Path}:{at.number} suppresses without a reason on the same line.");

    /// <summary>Work starts on the pool in one file of each end, and randomness comes from one other; every seam ends there.</summary>
    public static IEnumerable<string> LiftedBan(SourceFile file)
    {
        if (file.Text.Contains("RS0030", StringComparison.Ordinal) && file.Path is not ("src/Airlock/Platform/Spawner.cs" or "src/Airlock/Platform/SystemEntropy.cs" or "src/Airlock.Client/Spawner.cs" or "src/Airlock.Client/AirlockClientOptions.cs"))
        {
            yield return $"{file.Path} lifts a ban, which only Spawner.cs and SystemEntropy.cs in src/Airlock may, and Spawner.cs and AirlockClientOptions.cs in src/Airlock.Client.";
        }
    }

    /// <summary>A lifecycle's answer says whether the event was applied or refused; whoever drops it drives blind.</summary>
    public static IEnumerable<string> DroppedResultOfApply(SourceFile file) =>
        from statement in file.Syntax.DescendantNodes().OfType<ExpressionStatementSyntax>()
        let value = statement.Expression is AssignmentExpressionSyntax { Left: IdentifierNameSyntax { Identifier.Text: "_" } } discard
            ? discard.Right
            : statement.Expression
        where IsCallOfApply(value)
        select $"{file.Path}:{statement.GetLocation().GetLineSpan().StartLinePosition.Line + 1} drops the result of Apply.";

    public static IEnumerable<string> MisnamedTestClass(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<ClassDeclarationSyntax>()
            .Where(type => type.Members.OfType<MethodDeclarationSyntax>().Any(IsTest))
            .Where(type => !type.Identifier.Text.EndsWith("Tests", StringComparison.Ordinal) || type.Identifier.Text != file.Noun)
            .Select(type => $"{file.Path}: a test class ends in Tests and its file bears its name: {type.Identifier.Text}.");

    /// <summary>The names of a file's tests.</summary>
    public static IEnumerable<string> Tests(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>().Where(IsTest).Select(method => method.Identifier.Text);

    public static IEnumerable<string> TestThatIsNoSentence(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<MethodDeclarationSyntax>()
            .Where(method => IsTest(method) && !Sentence().IsMatch(method.Identifier.Text))
            .Select(method => $"{file.Path}: a test's name is a sentence: {method.Identifier.Text}.");

    public static IEnumerable<string> ProjectOutsideTheSolution(IEnumerable<SourceFile> projects, SourceFile solution) =>
        projects.Where(project => !solution.Text.Contains($"\"{project.Path}\"", StringComparison.Ordinal))
            .Select(project => $"{project.Path} is not in {solution.Path}.");

    /// <summary>What a test gives a server or a client to call is called by them: an assertion there fails a try, a dial or a connection, and the next may pass.</summary>
    public static IEnumerable<string> AssertionThatIsOnlyTriedAgain(SourceFile file) =>
        from lambda in file.Syntax.DescendantNodes().OfType<AnonymousFunctionExpressionSyntax>()
        where lambda.Ancestors().TakeWhile(static node => node is not StatementSyntax { Parent: BlockSyntax { Parent: AnonymousFunctionExpressionSyntax } }).Any(IsHandedOver)
        from call in lambda.Body.DescendantNodesAndSelf().OfType<InvocationExpressionSyntax>()
        where call.Expression is MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "Assert" } }
        select $"{file.Path}:{call.GetLocation().GetLineSpan().StartLinePosition.Line + 1} asserts where the product calls; take note there, and assert outside.";

    private static bool IsHandedOver(SyntaxNode node) => node switch
    {
        ObjectCreationExpressionSyntax { Type: IdentifierNameSyntax { Identifier.Text: "TestServer" or "FailingLog" or "HeldStore" } } => true,
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "MapAirlock" } } => true,
        AssignmentExpressionSyntax { Left: var left } => (left switch
        {
            MemberAccessExpressionSyntax member => member.Name.Identifier.Text,
            IdentifierNameSyntax name => name.Identifier.Text,
            _ => "",
        }) is "Authenticate" or "Handle" or "Script" or "StateChanged" or "Token" or "Ticket" or "Before" or "After" or "Throws" or "WebSocketFactory",
        _ => false,
    };

    /// <remarks>What only other packages ask for has a group of its own, labelled Transitive, and no reference.</remarks>
    public static IEnumerable<string> PinWithoutReference(SourceFile pins, IEnumerable<SourceFile> projects)
    {
        var referenced = projects.SelectMany(project => XDocument.Parse(project.Text).Descendants("PackageReference")).Select(NameOf).ToHashSet();
        return XDocument.Parse(pins.Text).Descendants("PackageVersion")
            .Where(pin => pin.Parent?.Attribute("Label")?.Value != "Transitive").Select(NameOf)
            .Where(name => !referenced.Contains(name)).Select(name => $"{pins.Path} pins {name}, which no project references.");

        static string NameOf(XElement package) => package.Attribute("Include")?.Value ?? "";
    }

    private static bool IsCallOfApply(ExpressionSyntax expression) => expression switch
    {
        ConditionalAccessExpressionSyntax access => IsCallOfApply(access.WhenNotNull),
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "Apply" } } => true,
        InvocationExpressionSyntax { Expression: MemberBindingExpressionSyntax { Name.Identifier.Text: "Apply" } } => true,
        InvocationExpressionSyntax { Expression: SimpleNameSyntax { Identifier.Text: "Apply" } } => true,
        _ => false,
    };

    private static bool IsTest(MethodDeclarationSyntax method) =>
        method.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => attribute.Name.ToString() is "Fact" or "Theory");

    private static IEnumerable<MemberDeclarationSyntax> TopLevelTypes(SourceFile file) =>
        file.Syntax.DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .OfType<MemberDeclarationSyntax>().Where(member => TypeName(member) is not null);

    private static string? TypeName(MemberDeclarationSyntax member) => member switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier.Text,
        DelegateDeclarationSyntax type => type.Identifier.Text,
        _ => null,
    };

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utility|Utilities|Common|Base|Impl)$")]
    private static partial Regex Drawer();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"#pragma warning disable(?!.*//\s*\S)|\[[^\]]*SuppressMessage\((?!.*Justification\s*=\s*""\S)")]
    private static partial Regex BareSuppression();

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*(_[A-Za-z0-9]+)+$")]
    private static partial Regex Sentence();
}
