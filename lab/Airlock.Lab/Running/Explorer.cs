using System.Diagnostics;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Running;

/// <summary>Runs one scenario on one subject under many schedules.</summary>
/// <param name="scenario">The stimulus.</param>
/// <param name="subject">Makes what is examined; called once for each portion, because each runs on one thread.</param>
/// <param name="invariant">The only checker that counts; null if every one does.</param>
/// <param name="stop">Ends the exploration after the runs of now.</param>
internal sealed class Explorer(Scenario scenario, Func<ISubject> subject, string? invariant = null, CancellationToken stop = default)
{
    /// <summary>The name of the property that a schedule repeats its run.</summary>
    public const string Deterministic = "deterministic";

    /// <summary>Once a race is found, the share of violating schedules is measured over so many and no more.</summary>
    public const int ShareMax = 200;

    /// <summary>A red half must be red within so many schedules.</summary>
    public const int RedWithin = 100;

    private const int RepeatEvery = 100;
    private const int EscapesToJudge = 5;

    /// <summary>How many steps a run takes, first come, first served.</summary>
    public int StepsOfOne() => Run.Replay(scenario, subject(), new Schedule([])).Steps;

    /// <summary>Runs some portions on two threads.</summary>
    /// <param name="portions">The portions. What is found does not depend on which thread is quicker.</param>
    /// <param name="countPoolWork">Whether work on the thread pool is held against the subject. Only where nothing else uses the pool.</param>
    public Exploration Explore(IReadOnlyList<Portion> portions, bool countPoolWork)
    {
        if (!countPoolWork)
        {
            return ExploreAll(portions);
        }

        // The counts are the process's, and the runtime has work of its own now and then. What a run lets escape, the same run lets escape every time.
        var (whole, escaped) = Watch(portions);
        for (var again = 1; again < EscapesToJudge && escaped is not null && !stop.IsCancellationRequested; again++)
        {
            (whole, escaped) = Watch(portions);
        }

        return escaped is null || stop.IsCancellationRequested
            ? whole
            : whole with
            {
                Violating = Math.Max(1, whole.Violating),
                First = whole.First ?? new FoundRace(new Schedule([]), [new Violation(Run.StaysInside, $"{escaped} It was so during {whole.Schedules} schedules, {EscapesToJudge} times.")], 1, "all"),
            };
    }

    private (Exploration Whole, string? Escaped) Watch(IReadOnlyList<Portion> portions)
    {
        EscapeGate.LetTimersRing();
        var gate = EscapeGate.Begin();
        return (ExploreAll(portions), gate.Escaped());
    }

    private Exploration ExploreAll(IReadOnlyList<Portion> portions)
    {
        var clock = Stopwatch.StartNew();
        var shareMax = Math.Max(1, ShareMax / portions.Count);
        var parts = Workers.Run<Exploration>([.. portions.Select<Portion, Func<Exploration>>(portion => () => Explore(portion, shareMax))]);
        return Combine(portions, parts) with { Duration = clock.Elapsed };
    }

    /// <summary>Runs one portion on this thread.</summary>
    /// <param name="portion">The portion.</param>
    /// <param name="shareMax">After how many schedules it ends if a race was found.</param>
    public Exploration Explore(Portion portion, int shareMax)
    {
        using var fibers = FiberPool.Share();
        if (portion.Kind == StrategyKind.Delay)
        {
            return ExploreByDelays(portion, shareMax);
        }

        Strategy strategy = portion.Kind switch
        {
            StrategyKind.Pct2 => new PctStrategy(portion.Seed, 2) { VariesSurroundings = true },
            StrategyKind.Pct3 => new PctStrategy(portion.Seed, 3) { VariesSurroundings = true },
            _ => new RandomStrategy(portion.Seed) { VariesSurroundings = true },
        };
        var found = new Findings(portion.ToString());
        var deadline = Deadline(portion);
        for (var i = 0; i < portion.SchedulesMax && GoesOn(found, deadline, shareMax) && strategy.BeginRun(); i++)
        {
            RunOne(strategy, portion.TimeRaces, found, static _ => true);
        }

        return found.ToExploration();
    }

    /// <summary>Runs random schedules, every second one with time racing, until the share of those that violate the invariant is known.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="stepsMax">How many steps in all, once the schedules are enough to judge.</param>
    public Exploration FindRace(ulong seed, int stepsMax)
    {
        var clock = Stopwatch.StartNew();
        Strategy[] strategies = [new RandomStrategy(seed), new RandomStrategy(~seed)];
        var found = new Findings("random");
        for (var i = 0; i < ShareMax && !stop.IsCancellationRequested && found.Error is null && (i < RedWithin || found.Steps < stepsMax); i++)
        {
            strategies[i % 2].BeginRun();
            RunOne(strategies[i % 2], i % 2 == 1, found, static _ => true);
        }

        return found.ToExploration() with { Duration = clock.Elapsed };
    }

    private Exploration ExploreByDelays(Portion portion, int shareMax)
    {
        var found = new Findings(portion.ToString());
        var deadline = Deadline(portion);
        var runs = 0;
        var isExhausted = false;
        var exhausted = -1;
        for (var bound = 0; !isExhausted; bound++)
        {
            var strategy = new DelayBoundedStrategy(bound);
            var before = found.Schedules;
            while (runs < portion.SchedulesMax && GoesOn(found, deadline, shareMax) && strategy.BeginRun())
            {
                runs++;
                RunOne(strategy, portion.TimeRaces, found, schedule => schedule.Decisions.Sum() == bound);
            }

            if (!strategy.IsExhausted)
            {
                break;
            }

            exhausted = bound;
            // Whatever takes more delays has a neighbour that takes one less: nothing new here means nothing new beyond.
            isExhausted = found.Schedules == before;
        }

        return found.ToExploration() with { ExhaustedBound = exhausted, IsExhausted = isExhausted };
    }

    private void RunOne(Strategy strategy, bool timeRaces, Findings found, Func<Schedule, bool> isNew)
    {
        found.Subject ??= subject();
        try
        {
            var run = Run.Once(scenario, found.Subject, strategy, timeRaces, found.Coverage);
            found.Steps += run.Steps;
            if (!isNew(run.Schedule))
            {
                return;
            }

            if (run.Violations.FirstOrDefault(static violation => violation.Checker == Run.StaysInside) is { } escape)
            {
                // What went on elsewhere does not repeat itself, and no other schedule says more.
                found.HasEscaped = true;
                found.Schedules++;
                if (invariant is null)
                {
                    found.Add(run.Schedule, [escape]);
                }
                else
                {
                    found.Error = escape.Text;
                }

                return;
            }

            var violations = invariant is null ? run.Violations : [.. run.Violations.Where(violation => violation.Checker == invariant)];
            if (found.Schedules++ % RepeatEvery == 0)
            {
                found.Repeated++;
                var again = Run.Replay(scenario, found.Subject, run.Schedule);
                found.Steps += again.Steps;
                if (again.Hash() != run.Hash())
                {
                    throw new SimulationException(FailureKind.Divergence, $"Schedule {run.Schedule} did not repeat its run: {run.Steps} steps at first, then {again.Steps}.");
                }
            }

            found.Add(run.Schedule, violations);
        }
        catch (SimulationException e) when (invariant is null)
        {
            found.Schedules++;
            found.Add(new Schedule([], timeRaces), [new Violation(Deterministic, e.Message)]);
        }
        catch (SimulationException e)
        {
            // Not what a red half is red for.
            found.Error = e.Message;
        }
        catch (InvalidOperationException e)
        {
            found.Error = e.Message;
        }
    }

    private static Func<bool> Deadline(Portion portion)
    {
        var clock = Stopwatch.StartNew();
        return portion.TimeMax is { } max ? () => clock.Elapsed >= max : static () => false;
    }

    private bool GoesOn(Findings found, Func<bool> isLate, int shareMax) =>
        !stop.IsCancellationRequested && found.Error is null && !found.HasEscaped && !isLate() && (found.First is null || found.Schedules < shareMax);

    private static Exploration Combine(IReadOnlyList<Portion> portions, IReadOnlyList<Exploration> parts)
    {
        var coverage = new Coverage();
        foreach (var part in parts)
        {
            coverage.Add(part.Coverage!);
        }

        var searches = parts.Where((_, i) => portions[i].Kind == StrategyKind.Delay).ToList();
        return new Exploration
        {
            Schedules = parts.Sum(static part => part.Schedules),
            Steps = parts.Sum(static part => part.Steps),
            Violating = parts.Sum(static part => part.Violating),
            Repeated = parts.Sum(static part => part.Repeated),
            First = parts.Select(static part => part.First).FirstOrDefault(static first => first is not null),
            ExhaustedBound = searches.Count == 0 ? -1 : searches.Min(static part => part.IsExhausted ? int.MaxValue : part.ExhaustedBound),
            IsExhausted = searches.Count > 0 && searches.All(static part => part.IsExhausted),
            Coverage = coverage,
            Error = parts.Select(static part => part.Error).FirstOrDefault(static error => error is not null),
        };
    }

    private sealed class Findings(string portion)
    {
        public ISubject? Subject { get; set; }

        public Coverage Coverage { get; } = new();

        public long Schedules { get; set; }

        public long Steps { get; set; }

        public long Repeated { get; set; }

        public string? Error { get; set; }

        public bool HasEscaped { get; set; }

        public FoundRace? First { get; private set; }

        private long Violating { get; set; }

        public void Add(Schedule schedule, IReadOnlyList<Violation> violations)
        {
            if (violations.Count > 0)
            {
                Violating++;
                First ??= new FoundRace(schedule, violations, (int)Schedules, portion);
            }
        }

        public Exploration ToExploration() => new() { Schedules = Schedules, Steps = Steps, Violating = Violating, Repeated = Repeated, First = First, Coverage = Coverage, Error = Error };
    }
}
