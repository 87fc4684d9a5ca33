using System.CommandLine;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Commands;

/// <summary><c>shrink</c>: the plainest schedule of a race.</summary>
internal static class ShrinkCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(LabConsole console, ScenarioCatalog catalog)
    {
        var scenario = new Argument<string>("scenario") { Description = "The scenario's name." };
        var subject = new Option<string>("--subject") { Description = "What is examined.", DefaultValueFactory = static _ => SubjectCatalog.Airlock };
        var schedule = new Option<string>("--schedule") { Description = "The schedule under which something is violated.", Required = true };
        var command = new Command("shrink", "Makes a schedule as short and plain as it can be while the same property is violated.") { scenario, subject, schedule };
        command.SetAction(parsed => Execute(console, catalog.Find(parsed.GetRequiredValue(scenario)), SubjectCatalog.Find(parsed.GetRequiredValue(subject)), Schedule.Parse(parsed.GetRequiredValue(schedule))));
        return command;
    }

    private static int Execute(LabConsole console, Scenarios.Scenario scenario, Examinee examinee, Schedule schedule)
    {
        var violations = examinee.Replay(scenario, schedule).Violations;
        if (violations.Count == 0)
        {
            return console.Refuse($"{examinee.Name} violates nothing in {scenario.Name} under schedule {schedule}: there is nothing to shrink.");
        }

        // The scenario's own property, if it is violated among others.
        var checker = violations.FirstOrDefault(violation => violation.Checker == scenario.Invariant.Name) ?? violations[0];
        Progress? progress = null;
        var shrunk = examinee.Shrink(scenario, schedule, checker.Checker, console.Interrupted, (done, most) => (progress ??= new Progress(console, "runs at most", most)).Report(done));
        progress?.Clear();
        console.Out.WriteLine($"{checker.Checker}: {schedule.Decisions.Count} decisions, {schedule.Deviations} of them not first come, first served; shrunk to {shrunk.Decisions.Count} and {shrunk.Deviations}:");
        console.Out.WriteLine(shrunk);
        console.Out.WriteLine(ShellText.Replay(scenario.Name, SubjectCatalog.ArgumentOf(examinee.Name), shrunk.ToString()));
        return ExitCodes.Holds;
    }
}
