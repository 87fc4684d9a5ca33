using System.CommandLine;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Traces;
using Spectre.Console;

namespace Airlock.Lab.Commands;

/// <summary><c>replay</c>: one run as a table with a column for each party.</summary>
internal static class ReplayCommand
{
    private const int ColumnWidth = 26;
    private const int FirstColumns = 36;

    /// <summary>Makes the command.</summary>
    public static Command Create(LabConsole console, ScenarioCatalog catalog)
    {
        var scenario = new Argument<string>("scenario") { Description = "The scenario's name." };
        var subject = new Option<string>("--subject") { Description = "What is examined.", DefaultValueFactory = static _ => SubjectCatalog.Airlock };
        var schedule = new Option<string>("--schedule") { Description = "The decisions, as 1.0.2; '-' is first come, first served; 't.' in front lets time race.", DefaultValueFactory = static _ => "-" };
        var verbose = new Option<bool>("--verbose") { Description = "Also steps in which nothing happens that a trace tells." };
        var svg = new Option<string?>("--svg") { Description = "Also draw the run into this file, as a sequence diagram." };
        var command = new Command("replay", "Repeats one run and prints who did what, step by step, then what was logged and violated.") { scenario, subject, schedule, verbose, svg };
        command.SetAction(parsed => Execute(
            console,
            catalog.Find(parsed.GetRequiredValue(scenario)),
            SubjectCatalog.Find(parsed.GetRequiredValue(subject)),
            Schedule.Parse(parsed.GetRequiredValue(schedule)),
            parsed.GetValue(verbose),
            parsed.GetValue(svg)));
        return command;
    }

    private static int Execute(LabConsole console, Scenario scenario, Examinee examinee, Schedule schedule, bool verbose, string? svg)
    {
        if (svg is not null && ReportFile.ProblemOf(svg) is { } unwritable)
        {
            return console.Refuse(unwritable);
        }

        var run = examinee.Replay(scenario, schedule);
        console.Out.WriteLine($"{scenario.Name} on {examinee.Name}, schedule {schedule}: {run.Steps.Count} steps, digest {run.Hash():x16}.");
        console.Out.WriteLine(scenario.Claim);
        WriteTable(console, run, verbose);
        WriteLog(console, run);
        foreach (var violation in run.Violations)
        {
            console.Out.WriteLine($"violated: {violation.Checker}: {violation.Text}");
        }

        if (run.Violations.Count == 0)
        {
            console.Out.WriteLine("Nothing is violated.");
        }

        if (svg is not null)
        {
            File.WriteAllText(svg, SequenceDiagram.Write(run, $"{scenario.Name} on {examinee.Name}, schedule {schedule}"));
        }

        return run.Violations.Count == 0 ? ExitCodes.Holds : ExitCodes.Race;
    }

    private static void WriteTable(LabConsole console, Replayed run, bool verbose)
    {
        var steps = run.Steps.ToDictionary(static step => step.Number);
        var events = run.Events.Where(static e => e.Kind != TraceKind.Logged).ToLookup(static e => e.Step);
        var numbers = run.Steps.Where(step => verbose || events.Contains(step.Number) || step.Choice > 0).Select(static step => step.Number)
            .Union(events.Select(static group => group.Key)).Order().ToList();
        var actors = numbers.SelectMany(number => events[number].Select(static e => e.Actor).Prepend(steps.GetValueOrDefault(number)?.Actor)).OfType<string>().Distinct().ToList();
        var width = FirstColumns + (actors.Count * ColumnWidth);
        if (!console.IsTerminal)
        {
            console.Ansi.Profile.Width = Math.Max(console.Ansi.Profile.Width, width);
        }

        // Columns too narrow to read are worse than none.
        var isWide = width <= console.Ansi.Profile.Width;
        var table = new Table().AddColumns("step", "time s", "taken");
        foreach (var actor in isWide ? actors : ["who", "what"])
        {
            table.AddColumn(new TableColumn(Markup.Escape(actor)) { Width = isWide ? ColumnWidth - 3 : null });
        }

        foreach (var number in numbers)
        {
            var step = steps.GetValueOrDefault(number);
            var at = step?.At ?? events[number].First().At;
            string[] first = [number.ToString(System.Globalization.CultureInfo.InvariantCulture), EventText.Of(at), step is { Options: > 1 } ? $"{step.Choice} of {step.Options}" : ""];
            string Told(string actor) => string.Join('\n', events[number].Where(e => e.Actor == actor).Select(EventText.Of) is var told && told.Any()
                ? told
                : step?.Actor == actor ? [step.Label is { } label ? $"({label})" : "(goes on)"] : []);
            IEnumerable<string> row = isWide
                ? [.. first, .. actors.Select(Told)]
                : [.. first, step?.Actor ?? events[number].First().Actor, string.Join('\n', actors.Select(Told).Where(static told => told.Length > 0))];
            table.AddRow([.. row.Select(static cell => new Text(cell))]);
        }

        console.Ansi.Write(table);
        if (numbers.Count < run.Steps.Count)
        {
            console.Out.WriteLine($"{run.Steps.Count - numbers.Count} steps in which somebody only goes on are left out; --verbose shows them.");
        }
    }

    private static void WriteLog(LabConsole console, Replayed run)
    {
        foreach (var line in run.Events.Where(static e => e.Kind == TraceKind.Logged))
        {
            console.Out.WriteLine(PostMortem.Print(line));
        }

        if (run.Events.Any(static e => PostMortem.LineOf(e) > 0))
        {
            console.Out.WriteLine($"{PostMortem.Mark}the post-mortem quotes this line.");
        }
    }
}
