using System.Globalization;
using System.Text.RegularExpressions;
using Airlock.Lab.Running;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Reports;

/// <summary>Where a subject's fault stands in the sources that this build was made of, and what it is.</summary>
/// <param name="Summary">What is wrong, as sentences.</param>
/// <param name="Places">Files with lines, from the root of the repository: <c>lab/Airlock.Lab/Subjects/Legacy/LegacyEndpoint.cs:118</c>.</param>
internal sealed partial record FaultSource(string Summary, IReadOnlyList<string> Places)
{
    private const string Legacy = "lab/Airlock.Lab/Subjects/Legacy/";

    /// <summary>Finds the fault of a subject.</summary>
    /// <param name="subject">Its name on the command line.</param>
    /// <returns>The fault; null if the subject has none that is known, or so many that which one matters is not.</returns>
    public static FaultSource? Of(string subject)
    {
        if (subject.StartsWith(SubjectCatalog.MutantPrefix, StringComparison.Ordinal))
        {
            return MutationTable.All.FirstOrDefault(mutation => mutation.Name == subject[SubjectCatalog.MutantPrefix.Length..]) is { } mutation
                ? new FaultSource(mutation.Removes, [$"src/{mutation.File}:{LineOf(mutation)}"])
                : null;
        }

        var faults = NamesOf(subject);
        return faults.Count == 0 ? null : new FaultSource(
            string.Join(' ', Summaries().Where(fault => faults.Contains(fault.Key)).Select(static fault => $"{fault.Key}: {fault.Value}")),
            [.. Sources().SelectMany(source => UsesIn(source.Lines).Where(use => faults.Contains(use.Fault)).GroupBy(static use => use.Line).Select(use => $"{Legacy}{source.File}:{use.Key}"))]);
    }

    /// <summary>The faults that a subject's name tells; none for the legacy model with all of them, for what one of them does is not known there.</summary>
    /// <param name="subject">Its name on the command line.</param>
    public static IReadOnlySet<string> NamesOf(string subject) =>
        subject.StartsWith($"{SubjectCatalog.Legacy}:", StringComparison.OrdinalIgnoreCase) && !subject.Equals(SubjectCatalog.CleanLegacy, StringComparison.OrdinalIgnoreCase)
            ? subject[(SubjectCatalog.Legacy.Length + 1)..].Split('+', ',').Select(static fault => fault.Trim()).ToHashSet(StringComparer.OrdinalIgnoreCase)
            : new HashSet<string>();

    /// <summary>What each fault of the legacy model is.</summary>
    public static IReadOnlyDictionary<string, string> Summaries()
    {
        Dictionary<string, string> summaries = [];
        var comment = "";
        foreach (var line in Sources().Single(static source => source.File == "LegacyFault.cs").Lines.Select(static line => line.Trim()))
        {
            comment = line.StartsWith("///", StringComparison.Ordinal) ? $"{comment} {line[3..].Trim()}".Trim() : comment;
            if (Member().Match(line) is { Success: true } member)
            {
                summaries[member.Groups[1].Value] = Tag().Replace(comment, "").Trim();
                comment = "";
            }
            else if (!line.StartsWith("///", StringComparison.Ordinal) && !line.StartsWith('['))
            {
                comment = "";
            }
        }

        return summaries;
    }

    private static IEnumerable<(string Fault, int Line)> UsesIn(IReadOnlyList<string> lines) =>
        lines.SelectMany(static (line, index) => Use().Matches(line).Select(use => (use.Groups[1].Value, index + 1)));

    private static int LineOf(Mutation mutation)
    {
        var text = Read(mutation.File).ReplaceLineEndings("\n");
        return text[..Math.Max(0, text.IndexOf(mutation.Text, StringComparison.Ordinal))].Count(static c => c == '\n') + 1;
    }

    private static IEnumerable<(string File, string[] Lines)> Sources() =>
        typeof(FaultSource).Assembly.GetManifestResourceNames().Where(static name => name.StartsWith("Legacy/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(static name => ($"{Path.GetFileNameWithoutExtension(name)}.cs", Read(name).ReplaceLineEndings("\n").Split('\n')));

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(FaultSource).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The lab was built without {resource}.")));
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^(\w+) = ")]
    private static partial Regex Member();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\bLegacyFault\.(\w+)")]
    private static partial Regex Use();
}
