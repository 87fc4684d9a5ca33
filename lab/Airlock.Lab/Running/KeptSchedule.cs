namespace Airlock.Lab.Running;

/// <summary>A race that was found once, as a line of a file: subject, checker, schedule.</summary>
/// <param name="Scenario">The scenario's name, which is the file's.</param>
/// <param name="Subject">Where it was found.</param>
/// <param name="Checker">What objected.</param>
/// <param name="Schedule">The decisions, as text.</param>
internal sealed record KeptSchedule(string Scenario, string Subject, string Checker, string Schedule)
{
    /// <summary>Whether the subject must not violate anything under it any more; else the checker must still object.</summary>
    public bool MustBeGreen => Subject is SubjectCatalog.Airlock or SubjectCatalog.CleanLegacy;

    /// <summary>Reads every schedule of a folder.</summary>
    /// <param name="folder">The folder, with a file for each scenario.</param>
    /// <exception cref="FormatException">A line is none.</exception>
    public static IReadOnlyList<KeptSchedule> Read(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal).SelectMany(ReadFile)];

    /// <summary>Adds races to a folder. For each subject and checker of a scenario the last one is kept.</summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    /// <param name="races">The races.</param>
    public static void Write(string folder, IEnumerable<KeptSchedule> races)
    {
        Directory.CreateDirectory(folder);
        foreach (var scenario in races.GroupBy(static race => race.Scenario))
        {
            var path = Path.Combine(folder, $"{scenario.Key}.txt");
            var before = File.Exists(path) ? ReadFile(path) : [];
            var all = before.Where(old => !scenario.Any(race => race.Subject == old.Subject && race.Checker == old.Checker)).Concat(scenario)
                .OrderBy(static race => race.Subject, StringComparer.Ordinal).ThenBy(static race => race.Checker, StringComparer.Ordinal);
            File.WriteAllText(path, string.Concat(all.Select(static race => $"{race.Subject} {race.Checker} {race.Schedule}\n")));
        }
    }

    /// <summary>The races of some verdicts.</summary>
    /// <param name="verdicts">The verdicts.</param>
    public static IEnumerable<KeptSchedule> Of(IEnumerable<Verdict> verdicts) =>
        from verdict in verdicts
        from half in verdict.Sides
        where half.Shrunk is not null
        select new KeptSchedule(verdict.Scenario.Name, half.Subject, half.Checker!, half.Shrunk!.ToString());

    private static IEnumerable<KeptSchedule> ReadFile(string path) =>
        File.ReadAllLines(path).Where(static line => line.Length > 0).Select(line => line.Split(' ') is [var subject, var checker, var schedule]
            ? new KeptSchedule(Path.GetFileNameWithoutExtension(path), subject, checker, schedule)
            : throw new FormatException($"{path}: a line is a subject, a checker and a schedule, and this is none: {line}"));
}
