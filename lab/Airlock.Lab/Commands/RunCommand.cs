using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Production;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Commands;

/// <summary><c>run</c>: verdicts.</summary>
internal static class RunCommand
{
    private const string MarkdownOption = "--markdown";

    // A report's option, what it says, and what writes it: another kind of report is another line.
    private static readonly (string Option, string Description, Func<Report, string> Write)[] _reports =
    [
        ("--json", "Write everything as JSON.", JsonReport.Write),
        ("--junit", "Write JUnit XML: a test for each half of a scenario.", JUnitReport.Write),
        ("--html", "Write one page that needs nothing else: verdicts, timelines, coverage.", HtmlReport.Write),
        (MarkdownOption, "Write the body of an issue about the first race that may not be, and print the line that files it.", MarkdownReport.Write),
        ("--test-plan", "Write the test plan: each test that the post-mortem names, its scenarios and their verdicts.", TestPlan.Write),
    ];

    /// <summary>Makes the command.</summary>
    public static Command Create(LabConsole console, ScenarioCatalog catalog)
    {
        var suite = new Option<string[]>("--suite") { Description = "Only these suites, by name or priority.", AllowMultipleArgumentsPerToken = true };
        var scenario = new Option<string[]>("--scenario") { Description = "Only these scenarios.", AllowMultipleArgumentsPerToken = true };
        var subject = new Option<string?>("--subject") { Description = "Examine only this: airlock, legacy (all faults), legacy:Fault, legacy:None, mutant:name, or the path of your own library. Without it: both halves." };
        var strategy = new Option<string[]>("--strategy") { Description = "Only these: delay, pct2, pct3, random. Without it they share the schedules.", AllowMultipleArgumentsPerToken = true };
        var schedules = new Option<int?>("--schedules") { Description = "How many schedules for each scenario. Without it: as many as a fixed budget of steps allows." };
        var steps = new Option<int>("--steps") { Description = "A budget of steps for each scenario, in place of --schedules: short runs get more of them.", DefaultValueFactory = static _ => Plan.DefaultSteps };
        var seconds = new Option<double?>("--seconds") { Description = "How long to explore each scenario, in place of --schedules; how many schedules that is depends on the machine." };
        var seed = new Option<ulong>("--seed") { Description = "Decides everything that is random. The same seed and --schedules find the same.", DefaultValueFactory = static _ => 1 };
        var failFast = new Option<bool>("--fail-fast") { Description = "Stop at the first verdict that does not hold." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Say what was done for each half." };
        var compare = new Option<string?>("--compare") { Description = "Tell what is new, fixed and persisting since an earlier --json." };
        var wire = new Option<string?>("--wire") { Description = "Report what wire --json wrote beside this run's verdicts; what does not hold there does not hold here. A pipe is read when the schedules are through, so that both can run at once." };
        var arr = new Option<decimal?>("--arr") { Description = "Revenue a year that depends on the golden path: reports then tell what is at risk." };
        var users = new Option<long?>("--users") { Description = "How many users walk the golden path; with --arr." };
        var keep = new Option<string?>("--keep") { Description = "Write the shrunk schedule of each race into this folder." };
        var reports = _reports.Select(static report => (Option: new Option<string?>(report.Option) { Description = report.Description }, report.Write)).ToList();
        var command = new Command("run", "Explores scenarios and judges them: the red half must show its race, Airlock must show none.")
        {
            suite, scenario, subject, strategy,
            schedules.Checked(static value => value is null or > 0, "--schedules is a number from 1."),
            steps.Checked(static value => value > 0, "--steps is a number from 1."),
            seconds.Checked(static value => value is null or > 0, "--seconds is a number above 0."),
            seed, failFast, verbose, compare, keep, wire,
            arr.Checked(static value => value is null or >= 0, "--arr is an amount from 0."),
            users.Checked(static value => value is null or > 0, "--users is a number from 1."),
        };
        reports.ForEach(report => command.Add(report.Option));
        command.Validators.Add(result =>
        {
            if (result.GetResult(schedules) is not null && result.GetResult(seconds) is not null)
            {
                result.AddError("--schedules and --seconds exclude each other.");
            }
        });
        command.SetAction(parsed =>
        {
            var (suites, names) = (parsed.GetValue(suite) ?? [], parsed.GetValue(scenario) ?? []);
            var request = new RunRequest
            {
                Scenarios = catalog.Find(suites, names),
                IsWhole = suites.Length + names.Length == 0,
                Subject = parsed.GetValue(subject) is { } one ? SubjectCatalog.Find(one) : null,
                Plan = new Plan
                {
                    Strategies = parsed.GetValue(strategy) is { Length: > 0 } some ? [.. some.Select(FindStrategy).Distinct()] : Enum.GetValues<StrategyKind>(),
                    Schedules = parsed.GetValue(schedules),
                    StepsPerScenario = parsed.GetValue(steps),
                    Time = parsed.GetValue(seconds) is { } time ? TimeSpan.FromSeconds(time) : null,
                    Seed = parsed.GetValue(seed),
                },
                FailFast = parsed.GetValue(failFast),
                Verbose = parsed.GetValue(verbose),
                IssuePath = parsed.GetValue<string?>(MarkdownOption),
                Previous = parsed.GetValue(compare) is { } earlier ? Comparison.Read(earlier) : null,
                Wire = parsed.GetValue(wire) is { } found ? WireReport.ReadLater(found) : null,
                Reports = [.. reports.Where(report => parsed.GetValue(report.Option) is not null).Select(report => (parsed.GetValue(report.Option)!, report.Write))],
                Keep = parsed.GetValue(keep),
                Arr = parsed.GetValue(arr),
                Users = parsed.GetValue(users),
            };
            return Execute(console, request);
        });
        return command;
    }

    private static int Execute(LabConsole console, RunRequest request)
    {
        if (request.Reports.Select(static report => ReportFile.ProblemOf(report.Path)).FirstOrDefault(static problem => problem is not null) is { } unwritable)
        {
            return console.Refuse(unwritable);
        }

        if (request.Previous is { } earlier && Comparison.ProblemOf(earlier, request.Subject?.Name, request.Plan, [.. request.Scenarios.Select(static scenario => scenario.Name)]) is { } incomparable)
        {
            return console.Refuse(incomparable);
        }

        console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{request.Scenarios.Count} scenarios, {request.Subject?.Name ?? "both halves"}, seed {request.Plan.Seed}"));
        var run = Explore(console, request);
        var (beside, wire) = Beside(console, request, run.IsInterrupted);
        var exitCode = run.IsInterrupted ? ExitCodes.Interrupted
            : run.IsBroken || wire is not (ExitCodes.Holds or ExitCodes.Race) ? ExitCodes.Unexpected
            : run.Holds && wire == ExitCodes.Holds ? ExitCodes.Holds
            : ExitCodes.Race;
        var report = ReportBuilder.Build(run, exitCode, request.Previous);
        report = report with { Wire = beside, Impact = request.Arr is { } arr ? Impact.Of(arr, request.Users, report.Scenarios) : null };
        WriteSummary(console, run, report);
        foreach (var (path, write) in request.Reports)
        {
            File.WriteAllText(path, write(report));
        }

        if (request.IssuePath is { } body)
        {
            console.Out.WriteLine(MarkdownReport.CommandOf(report, body) ?? $"No race to write about; {body} tells what was examined.");
        }

        if (request.Keep is { } folder)
        {
            KeptSchedule.Write(folder, KeptSchedule.Of(run.Verdicts));
        }

        return exitCode;
    }

    /// <summary>What wire found, and how it ended.</summary>
    private static (WireReport? Report, int ExitCode) Beside(LabConsole console, RunRequest request, bool isInterrupted)
    {
        // Who interrupts does not wait for a pipe.
        if (request.Wire is not { } later || (isInterrupted && !later.IsValueCreated))
        {
            return (null, ExitCodes.Holds);
        }

        try
        {
            return (later.Value, later.Value.ExitCode);
        }
        catch (InvalidOperationException e)
        {
            // The schedules are through by now; their verdicts are told all the same.
            return (null, console.Refuse(e.Message));
        }
    }

    private static RunResult Explore(LabConsole console, RunRequest request)
    {
        var (startedAt, clock) = (DateTimeOffset.UtcNow, Stopwatch.StartNew());
        var examination = new Examination(request.Plan, request.Subject, console.OwnsProcess, console.Interrupted);
        var left = request.Scenarios.Select(scenario => new NotApplicable(scenario, examination.MissingFor(scenario))).Where(static each => each.Missing != Capabilities.None).ToList();
        var applicable = request.Scenarios.Except(left.Select(static each => each.Scenario)).ToList();
        var progress = new ProgressLine(console, applicable.Count);
        List<Verdict> verdicts = [];
        foreach (var scenario in applicable)
        {
            progress.Begin(scenario.Name);
            var verdict = examination.Examine(scenario);
            if (console.Interrupted.IsCancellationRequested)
            {
                break;
            }

            verdicts.Add(verdict);
            progress.End(verdict, request.Verbose);
            if (request.FailFast && !verdict.Holds)
            {
                break;
            }
        }

        var coverage = new Coverage();
        verdicts.ForEach(verdict => coverage.Add(verdict.Green.Exploration.Coverage ?? new Coverage()));
        var isProduction = request.Subject is null || request.Subject.Name == SubjectCatalog.Airlock;
        var isComplete = verdicts.Count == request.Scenarios.Count;
        return new RunResult(
            request.Plan,
            request.Subject?.Name,
            verdicts,
            isProduction ? new CoverageReview(coverage, [.. UnreachablePairs.All.Keys]) : null,
            request.Subject is null && request.IsWhole && isComplete,
            console.Interrupted.IsCancellationRequested,
            startedAt,
            clock.Elapsed)
        {
            Scenarios = request.IsWhole ? [] : [.. request.Scenarios.Select(static scenario => scenario.Name)],
            NotApplicable = left,
        };
    }

    private static void WriteSummary(LabConsole console, RunResult run, Report report)
    {
        if (run.Verdicts.Count > 0)
        {
            console.Ansi.Write(VerdictText.Table(run.Verdicts, console.Ansi.Profile.Width));
        }

        if (run.NotApplicable.Count > 0)
        {
            console.Out.WriteLine($"{run.NotApplicable.Count} scenarios are not applicable: {run.Subject} does not declare {string.Join(", ", run.NotApplicable.SelectMany(static left => left.Lacks.Split(", ")).Distinct().Order())}. 'airlock-lab list --subject' tells which.");
        }

        if (run.Verdicts.Count == 0 && !run.IsInterrupted)
        {
            console.Out.WriteLine("Nothing was run.");
        }

        if (run.Coverage is { } coverage)
        {
            console.Out.WriteLine($"Transition table: {coverage.Reached} of {coverage.Possible} pairs of state and event that the driver can meet.{(run.IsCoverageJudged ? "" : " Judged only when all scenarios run.")}");
            if (run.IsCoverageJudged && !coverage.IsComplete)
            {
                console.Out.WriteLine($"  not reached: {string.Join(", ", coverage.NotReached)}");
                console.Out.WriteLine($"  reached, but listed as impossible: {string.Join(", ", coverage.WronglyListed)}");
            }
        }

        if (report.Comparison is { } comparison)
        {
            console.Out.WriteLine($"Since run {comparison.PreviousRunId}: new: {List(comparison.New)}; fixed: {List(comparison.Fixed)}; persisting: {List(comparison.Persisting)}.{(comparison.NotCompared.Count == 0 ? "" : $" Not compared, because only one of the runs had them or they were another test: {List(comparison.NotCompared)}.")}");
        }

        var sum = report.Summary;
        console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sum.Holding} of {sum.TotalTests} verdicts hold; {sum.GreenSchedules:N0} schedules of the green halves with {sum.GreenViolations:N0} violations; {sum.Schedules:N0} schedules and {sum.Steps:N0} steps in all, {sum.RepeatedRuns:N0} runs repeated; {sum.TotalDurationSeconds:0.0} s, {sum.StepsPerSecond:N0} steps/s; seed {report.Seed}"));
        if (report.Wire is { } wire)
        {
            console.Out.WriteLine($"Over the wire: {wire.Holding} of {wire.Scenarios.Count} hold.");
        }

        if (run.IsInterrupted)
        {
            console.Out.WriteLine("Interrupted: the report has what was finished.");
        }

        static string List(IReadOnlyList<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
    }

    private static StrategyKind FindStrategy(string name) => Enum.GetValues<StrategyKind>().Where(kind => kind.ToString().Equals(name, StringComparison.OrdinalIgnoreCase)).Cast<StrategyKind?>().FirstOrDefault()
        ?? throw UnknownNameException.Of("strategy", name, Enum.GetNames<StrategyKind>().Select(static kind => kind.ToLowerInvariant()));
}
