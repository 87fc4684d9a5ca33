using System.CommandLine;
using Airlock.Lab.Checkers;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Wire;
using Spectre.Console;

namespace Airlock.Lab.Commands;

/// <summary><c>list</c>: what there is to run.</summary>
internal static class ListCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(LabConsole console, ScenarioCatalog catalog)
    {
        var command = new Command("list", "Lists the scenarios with their claims, the properties that every run must have, and the subjects.");
        command.SetAction(_ => Execute(console, catalog));
        return command;
    }

    private static int Execute(LabConsole console, ScenarioCatalog catalog)
    {
        var table = new Table().AddColumns("suite", "scenario", "claim", "invariant", "red half", "difficulty", "source");
        foreach (var scenario in catalog.All)
        {
            table.AddRow([.. new[] { $"{(int)scenario.Suite} {ScenarioCatalog.NameOf(scenario.Suite)}", scenario.Name, scenario.Claim, scenario.Invariant.Name, SubjectCatalog.Find(scenario.Red).Name, scenario.Difficulty.ToString(), scenario.Source }.Select(static cell => new Text(cell))]);
        }

        foreach (var scenario in AllWireScenarios.List)
        {
            table.AddRow([.. new[] { $"{(int)scenario.Suite} {ScenarioCatalog.NameOf(scenario.Suite)}", $"{scenario.Name} (wire)", scenario.Claim, scenario.Invariant.Name, scenario.Fault is { } fault ? $"legacy:{fault}" : "none: the legacy has no such part", scenario.Difficulty.ToString(), scenario.Source }.Select(static cell => new Text(cell))]);
        }

        console.Ansi.Write(table);
        var checkers = new Table().AddColumns("property", "what must be so");
        foreach (var checker in AllCheckers.List)
        {
            checkers.AddRow(new Text(checker.Name), new Text(checker.Property));
        }

        console.Ansi.Write(checkers);
        var faults = new Table().AddColumns("fault of the legacy model", "whose", "what");
        var summaries = FaultSource.Summaries();
        foreach (var fault in FaultTable.Faults)
        {
            faults.AddRow(new Text($"{fault}{FaultTable.MarkOf($"{SubjectCatalog.Legacy}:{fault}")}"), new Text(FaultTable.OwnerOf(fault)), new Text(summaries[fault.ToString()]));
        }

        console.Ansi.Write(faults);
        console.Out.WriteLine(FaultTable.Legend);
        console.Out.WriteLine($"{catalog.All.Count} scenarios, {AllCheckers.List.Count} properties.");
        console.Out.WriteLine($"{AllWireScenarios.List.Count} more over the wire, which 'airlock-lab wire' runs.");
        console.Out.WriteLine($"Subjects: {string.Join(", ", SubjectCatalog.Names)}, or the path of your own library.");
        return ExitCodes.Holds;
    }
}
