using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Airlock.Lab.Checkers;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Commands;

/// <summary><c>list</c>: what there is to run.</summary>
internal static class ListCommand
{
    private const int TextAt = 28;

    /// <summary>Makes the command.</summary>
    public static Command Create(LabConsole console, ScenarioCatalog catalog)
    {
        var name = new Argument<string?>("name") { Description = "One scenario, suite or property: everything about it.", Arity = ArgumentArity.ZeroOrOne };
        var subject = new Option<string?>("--subject") { Description = "Say which scenarios are applicable to this: a name, or the path of your own library." };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command("list", "Lists the scenarios with their claims, the properties that every run must have, and the subjects.") { name, subject, json };
        command.SetAction(parsed =>
        {
            var entries = catalog.All.Select(scenario => Listed.Of(scenario)).Concat(AllWireScenarios.List.Select(Listed.Of)).ToList();
            if (parsed.GetValue(subject) is { } text)
            {
                var can = SubjectCatalog.Find(text).Capabilities;
                entries = [.. entries.Where(static entry => !entry.IsOverTheWire).Select(entry => entry with { IsApplicable = can.HasFlag(entry.Capabilities) })];
            }

            if (parsed.GetValue(name) is { } one)
            {
                entries = Named(entries, one);
            }

            if (parsed.GetValue(json))
            {
                console.Out.WriteLine(JsonSerializer.Serialize(entries, ListJson.Default.Listing));
                return ExitCodes.Holds;
            }

            if (parsed.GetValue(name) is not null && entries.Count == 0)
            {
                Write(console, AllCheckers.List.Single(checker => checker.Name.Equals(parsed.GetValue(name), StringComparison.OrdinalIgnoreCase)));
                return ExitCodes.Holds;
            }

            var isOne = entries.Count == 1 && parsed.GetValue(name) is not null;
            foreach (var suite in entries.GroupBy(static entry => entry.Suite))
            {
                console.Out.WriteLine($"{suite.Key}");
                foreach (var entry in suite)
                {
                    Write(console, entry, isOne);
                }

                console.Out.WriteLine();
            }

            if (parsed.GetValue(name) is null)
            {
                WriteRest(console, catalog, entries);
            }

            return ExitCodes.Holds;
        });
        return command;
    }

    // A scenario, a suite, or nothing for a property.
    private static List<Listed> Named(List<Listed> entries, string name)
    {
        List<Listed> found = [.. entries.Where(entry => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
        found = found.Count > 0 ? found : [.. entries.Where(entry => entry.Suite.Equals(name, StringComparison.OrdinalIgnoreCase))];
        return found.Count > 0 || AllCheckers.List.Any(checker => checker.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ? found
            : throw UnknownNameException.Of("scenario, suite or property", name, entries.SelectMany(static entry => new[] { entry.Name, entry.Suite }).Concat(AllCheckers.List.Select(static checker => checker.Name)).Distinct());
    }

    private static void Write(LabConsole console, Listed entry, bool isOne)
    {
        var width = console.Ansi.Profile.Width;
        console.Out.WriteLine(Lines.Entry($"  {entry.Name}{(entry.IsOverTheWire ? " (wire)" : "")}", $"{(entry.IsApplicable == false ? $"Not applicable: needs {entry.Needs}. " : "")}{entry.Claim}", TextAt, width));
        if (!isOne)
        {
            return;
        }

        foreach (var (what, text) in new[] { ("invariant", entry.Invariant), ("", AllCheckers.List.Append(new Expectation()).FirstOrDefault(checker => checker.Name == entry.Invariant)?.Property ?? ""), ("red half", entry.RedHalf), ("needs", entry.Needs), ("difficulty", entry.Difficulty), ("source", entry.Source) })
        {
            console.Out.WriteLine(Lines.Entry($"    {what}", text, TextAt, width));
        }

        console.Out.WriteLine(Lines.Entry("    run it", entry.IsOverTheWire ? $"airlock-lab wire --scenario {entry.Name}" : $"airlock-lab run --scenario {entry.Name} --verbose", TextAt, width));
    }

    private static void Write(LabConsole console, Checker checker) => console.Out.WriteLine(Lines.Entry($"  {checker.Name}", checker.Property, TextAt, console.Ansi.Profile.Width));

    private static void WriteRest(LabConsole console, ScenarioCatalog catalog, IReadOnlyList<Listed> entries)
    {
        console.Out.WriteLine("properties of every run");
        foreach (var checker in AllCheckers.List)
        {
            Write(console, checker);
        }

        console.Out.WriteLine();
        console.Out.WriteLine("faults of the legacy model, and whose they are");
        var summaries = FaultSource.Summaries();
        foreach (var fault in FaultTable.Faults)
        {
            console.Out.WriteLine(Lines.Entry($"  {fault}{FaultTable.MarkOf($"{SubjectCatalog.Legacy}:{fault}")}", $"{FaultTable.OwnerOf(fault)}: {summaries[fault.ToString()]}", TextAt, console.Ansi.Profile.Width));
        }

        console.Out.WriteLine(Lines.Entry("", FaultTable.Legend, 2, console.Ansi.Profile.Width));
        console.Out.WriteLine();
        console.Out.WriteLine($"{catalog.All.Count} scenarios, {AllCheckers.List.Count} properties. 'airlock-lab list NAME' tells all about one.");
        if (entries.Any(static entry => entry.IsApplicable is not null))
        {
            console.Out.WriteLine($"{entries.Count(static entry => entry.IsApplicable == true)} of them are applicable.");
        }

        console.Out.WriteLine($"{AllWireScenarios.List.Count} more over the wire, which 'airlock-lab wire' runs.");
        console.Out.WriteLine(Lines.Entry("Subjects:", $"{string.Join(", ", SubjectCatalog.Names)}, or the path of your own library.", 10, console.Ansi.Profile.Width));
    }
}

/// <summary>A scenario as <c>list</c> tells of it. In JSON the names are in snake case.</summary>
internal sealed record Listed(string Name, string Suite, string Claim, string Invariant, string RedHalf, string Difficulty, string Source, bool IsOverTheWire)
{
    /// <summary>What a subject must be able to do, to be compared.</summary>
    [JsonIgnore]
    public Capabilities Capabilities { get; init; }

    /// <summary>What a subject must be able to do.</summary>
    public string Needs => Capabilities.ToString().ToLowerInvariant();

    /// <summary>Whether a subject can do it; null if none was named.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? IsApplicable { get; init; }

    /// <summary>Of one in the simulation.</summary>
    public static Listed Of(Scenario scenario) =>
        new(scenario.Name, ScenarioCatalog.NameOf(scenario.Suite), scenario.Claim, scenario.Invariant.Name, SubjectCatalog.Find(scenario.Red).Name, scenario.Difficulty.ToString(), scenario.Source, false) { Capabilities = scenario.Needs };

    /// <summary>Of one over the wire.</summary>
    public static Listed Of(WireScenario scenario) =>
        new(scenario.Name, ScenarioCatalog.NameOf(scenario.Suite), scenario.Claim, scenario.Invariant.Name, scenario.Fault is { } fault ? $"legacy:{fault}" : "none: the legacy has no such part", scenario.Difficulty.ToString(), scenario.Source, true);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<Listed>), TypeInfoPropertyName = "Listing")]
internal sealed partial class ListJson : JsonSerializerContext;
