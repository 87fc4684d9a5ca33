using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Airlock.Lab.Running;

namespace Airlock.Lab.Reports;

/// <summary>Makes the report of a run.</summary>
internal static class ReportBuilder
{
    /// <summary>Makes it.</summary>
    /// <param name="run">What the run came to.</param>
    /// <param name="exitCode">What the process ends with.</param>
    /// <param name="previous">The run to compare with, or null.</param>
    public static Report Build(RunResult run, int exitCode, Report? previous = null)
    {
        var scenarios = run.Verdicts.Select(ResultOf).ToList();
        var halves = run.Verdicts.SelectMany(static verdict => verdict.Sides).Select(static half => half.Exploration).ToList();
        var steps = halves.Sum(static done => done.Steps);
        var (detected, repaired, errors) = Count(run.Verdicts);
        var version = Version();
        return new Report
        {
            Summary = new Summary
            {
                TotalDurationSeconds = Seconds(run.Duration),
                TotalTestSuites = run.Verdicts.Select(static verdict => verdict.Scenario.Suite).Distinct().Count(),
                TotalTests = run.Verdicts.Count,
                TotalRaceConditionsDetected = detected,
                TotalRaceConditionsFixed = repaired,
                TotalUnexpectedErrors = errors,
                Holding = run.Verdicts.Count(static verdict => verdict.Holds),
                NotHolding = run.Verdicts.Count(static verdict => !verdict.Holds),
                Schedules = halves.Sum(static done => done.Schedules),
                GreenSchedules = run.Verdicts.Sum(static verdict => verdict.GreenSides.Sum(static side => side.Exploration.Schedules)),
                GreenViolations = run.Verdicts.Sum(static verdict => verdict.GreenSides.Sum(static side => side.Exploration.Violating)),
                Steps = steps,
                StepsPerSecond = Math.Round(steps / Math.Max(0.001, run.Duration.TotalSeconds)),
                RepeatedRuns = halves.Sum(static done => done.Repeated),
            },
            RaceConditionStatus = new Status { ReproducedSuccessfully = detected, AppearFixed = repaired, TotalIdentified = run.Verdicts.Count },
            SuiteResults = [.. run.Verdicts.GroupBy(static verdict => verdict.Scenario.Suite).OrderBy(static suite => suite.Key).Select(static suite => SuiteOf([.. suite]))],
            Recommendations = [.. Recommend(run)],
            RunId = string.Create(CultureInfo.InvariantCulture, $"{run.StartedAt.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{run.Plan.Seed}"),
            StartedAt = run.StartedAt,
            Commit = version.Split('+') is [_, { Length: > 0 } commit] ? commit : "unknown",
            Environment = new Surroundings
            {
                Os = RuntimeInformation.OSDescription,
                Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
                Runtime = RuntimeInformation.FrameworkDescription,
                Processors = System.Environment.ProcessorCount,
                LabVersion = version.Split('+')[0],
            },
            Seed = run.Plan.Seed,
            Subject = run.Subject,
            Strategies = [.. run.Plan.Strategies.Select(static strategy => strategy.ToString().ToLowerInvariant())],
            Budget = run.Plan.Budget,
            Command = CommandOf(run),
            Interrupted = run.IsInterrupted,
            ExitCode = exitCode,
            Scenarios = scenarios,
            NotApplicable = run.Subject is null ? null : [.. run.NotApplicable.Select(static left => new NotApplicableResult(left.Scenario.Name, ScenarioCatalog.NameOf(left.Scenario.Suite), left.Lacks))],
            Coverage = run.Coverage is { } coverage ? CoverageOf(coverage, run.IsCoverageJudged) : null,
            Comparison = previous is null ? null : Comparison.Of(previous, scenarios),
        };
    }

    // Detected: the red half shows the race, or, where only one subject is examined, that subject does. Fixed: the green half is green.
    private static (int Detected, int Fixed, int Errors) Count(IReadOnlyCollection<Verdict> verdicts) => (
        verdicts.Count(static verdict => (verdict.Red ?? verdict.Green).Exploration.First is not null),
        verdicts.Count(static verdict => verdict.GreenSides.All(static side => side.Exploration is { First: null, Error: null, Schedules: > 0 })),
        verdicts.Count(static verdict => verdict.Error is not null));

    private static SuiteResult SuiteOf(IReadOnlyList<Verdict> verdicts)
    {
        var (detected, repaired, errors) = Count(verdicts);
        var suite = verdicts[0].Scenario.Suite;
        return new SuiteResult
        {
            Name = ScenarioCatalog.NameOf(suite),
            File = $"lab/Airlock.Lab/Scenarios/{suite}",
            RaceConditionsDetected = detected,
            RaceConditionsFixed = repaired,
            UnexpectedErrors = errors,
            Duration = Seconds(verdicts.Aggregate(TimeSpan.Zero, static (sum, verdict) => sum + verdict.Duration)),
            Priority = (int)suite,
            Scenarios = verdicts.Count,
            Holding = verdicts.Count(static verdict => verdict.Holds),
        };
    }

    private static ScenarioResult ResultOf(Verdict verdict)
    {
        var scenario = verdict.Scenario;
        var shown = verdict.GreenSides.Append(verdict.Clean).FirstOrDefault(static side => side?.Exploration.First is not null) ?? verdict.Red;
        var schedule = (shown?.Shrunk ?? shown?.Exploration.First?.Schedule)?.ToString();
        return new ScenarioResult
        {
            Name = scenario.Name,
            Suite = ScenarioCatalog.NameOf(scenario.Suite),
            Category = scenario.Category,
            Difficulty = scenario.Difficulty.ToString().ToUpperInvariant(),
            Source = scenario.Source,
            Claim = scenario.Claim,
            Invariant = scenario.Invariant.Name,
            Property = scenario.Invariant.Property,
            RedHalf = SubjectCatalog.Find(scenario.Red).Name,
            Verdict = verdict.Error is not null ? "error" : verdict.Holds ? "holds" : "fails",
            Problems = verdict.Problems,
            Red = verdict.Red is { } red ? ResultOf(red, verdict.RedProblem) : null,
            Clean = verdict.Clean is { } clean ? ResultOf(clean, verdict.CleanProblem) : null,
            Green = ResultOf(verdict.Green, verdict.GreenProblem),
            Locks = verdict.Locks is { } locks ? ResultOf(locks, verdict.LocksProblem) : null,
            Schedule = schedule,
            Replay = schedule is null ? null : ShellText.Replay(scenario.Name, SubjectCatalog.ArgumentOf(shown!.Subject), schedule),
            DurationSeconds = Seconds(verdict.Duration),
        };
    }

    private static HalfResult ResultOf(Side half, string? problem)
    {
        var done = half.Exploration;
        return new HalfResult
        {
            Subject = half.Subject,
            Schedules = done.Schedules,
            Steps = done.Steps,
            Violating = done.Violating,
            Share = Math.Round(done.Share, 4),
            Exhausted = done.IsExhausted,
            ExhaustedDelays = done.IsExhausted || done.ExhaustedBound < 0 ? null : done.ExhaustedBound,
            Repeated = done.Repeated,
            FirstViolating = done.First?.Number,
            FoundBy = done.First?.Portion,
            Checker = half.Checker,
            Violation = done.First?.Violations[0].Text,
            FirstSchedule = done.First?.Schedule.ToString(),
            ShrunkSchedule = half.Shrunk?.ToString(),
            ShrunkLength = half.Shrunk?.Decisions.Count,
            Error = done.Error,
            Problem = problem,
            DurationSeconds = Seconds(done.Duration),
        };
    }

    // What was asked for, not what was finished: an interrupted run is asked for again as a whole.
    private static string CommandOf(RunResult run)
    {
        List<string> words = ["airlock-lab", "run"];
        if (run.Scenarios.Count > 0)
        {
            words.AddRange(["--scenario", .. run.Scenarios]);
        }

        if (run.Subject is { } subject)
        {
            words.AddRange(["--subject", SubjectCatalog.ArgumentOf(subject)]);
        }

        if (run.Plan.Strategies.Count < Enum.GetValues<StrategyKind>().Length)
        {
            words.AddRange(["--strategy", .. run.Plan.Strategies.Select(static strategy => strategy.ToString().ToLowerInvariant())]);
        }

        words.AddRange(run.Plan.Arguments);
        words.AddRange(["--seed", run.Plan.Seed.ToString(CultureInfo.InvariantCulture)]);
        return string.Join(' ', words.Select(ShellText.Quote));
    }

    private static CoverageResult CoverageOf(CoverageReview review, bool isJudged) => new()
    {
        Possible = review.Possible,
        Reached = review.Reached,
        Judged = isJudged,
        NotReached = review.NotReached,
        WronglyListedAsImpossible = review.WronglyListed,
        Pairs = [.. review.Counts.Select(static count => new PairCount(count.State.ToString(), count.Kind.ToString(), UnreachablePairs.All.ContainsKey((count.State, count.Kind)) ? null : count.Asked))],
    };

    private static IEnumerable<string> Recommend(RunResult run)
    {
        var broken = run.Verdicts.Where(static verdict => verdict.Error is not null).ToList();
        var racing = run.Verdicts.Where(static verdict => verdict.Green.Exploration.First is not null).ToList();
        var pale = run.Verdicts.Where(static verdict => verdict.Red is { Exploration: { Error: null, First: null } }).ToList();
        if (run.Verdicts.Count == 0)
        {
            yield return "Nothing was run: nothing can be said.";
            yield break;
        }

        if (run.IsInterrupted)
        {
            yield return "The run was interrupted: run it again before relying on it.";
        }

        if (broken.Count > 0)
        {
            yield return $"Find out why these could not be examined: {Names(broken)}.";
        }

        if (racing.Count > 0)
        {
            yield return $"{racing[0].Green.Subject} has races: replay the schedule of {Names(racing)} and mend the cause.";
        }

        if (pale.Count > 0)
        {
            yield return $"These scenarios do not notice their fault any more, so their green says nothing: {Names(pale)}.";
        }

        if (run is { IsCoverageJudged: true, Coverage: { IsComplete: false } coverage })
        {
            yield return $"Add a scenario that reaches, or correct the list of what cannot be reached: {string.Join(", ", coverage.NotReached.Concat(coverage.WronglyListed))}.";
        }

        if (run.Holds)
        {
            yield return run.Subject is null
                ? "Every race is reproduced by its red half and absent from the production driver, within the schedules explored. Nothing to do."
                : $"{run.Subject} violates nothing within the schedules explored. Explore more with --schedules before relying on it.";
        }

        static string Names(IEnumerable<Verdict> verdicts) => string.Join(", ", verdicts.Select(static verdict => verdict.Scenario.Name));
    }

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);

    // With the commit behind a plus sign if it was built from a repository.
    private static string Version() => typeof(ReportBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
