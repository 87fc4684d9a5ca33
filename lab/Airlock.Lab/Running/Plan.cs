using System.Globalization;

namespace Airlock.Lab.Running;

/// <summary>How much is explored and how.</summary>
internal sealed record Plan
{
    /// <summary>The strategies that share the work, half of it with time racing.</summary>
    public IReadOnlyList<StrategyKind> Strategies { get; init; } = Enum.GetValues<StrategyKind>();

    /// <summary>How many schedules for each scenario; null for as many as <see cref="StepsPerScenario"/> allow.</summary>
    public int? Schedules { get; init; }

    /// <summary>How long to explore each scenario, in place of a number of schedules; null for no limit.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>See <see cref="StepsPerScenario"/>.</summary>
    public const int DefaultSteps = 100_000;

    /// <summary>The budget of a scenario where nothing else is said: short runs get more schedules. The same on every machine. Default: 100,000, so that a run of everything ends within a minute.</summary>
    public int StepsPerScenario { get; init; } = DefaultSteps;

    /// <summary>How many schedules a scenario gets however long its runs are: some hundreds, so that every strategy has a say. Default: 400.</summary>
    public int SchedulesLeast { get; init; } = 400;

    /// <summary>The options that ask for the same budget.</summary>
    public IReadOnlyList<string> Arguments => Schedules is { } schedules ? ["--schedules", schedules.ToString(CultureInfo.InvariantCulture)]
        : Time is { } time ? ["--seconds", time.TotalSeconds.ToString(CultureInfo.InvariantCulture)]
        : ["--steps", StepsPerScenario.ToString(CultureInfo.InvariantCulture)];

    /// <summary>How much each scenario is given, in words.</summary>
    public string Budget => Schedules is { } schedules ? string.Create(CultureInfo.InvariantCulture, $"{schedules:N0} schedules")
        : Time is { } time ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s")
        : string.Create(CultureInfo.InvariantCulture, $"{StepsPerScenario:N0} steps");

    /// <summary>Decides everything that is random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The parts of the exploration of one scenario on one subject.</summary>
    /// <param name="scenario">The scenario's name.</param>
    /// <param name="subject">The subject's name.</param>
    /// <param name="stepsOfOne">How many steps one run takes, about.</param>
    public IReadOnlyList<Portion> Portions(string scenario, string subject, int stepsOfOne)
    {
        var parts = Strategies.Count * 2;
        // Never so many that one scenario eats the run.
        var schedules = Schedules ?? (Time is null ? Math.Clamp(StepsPerScenario / Math.Max(1, stepsOfOne), SchedulesLeast, 20_000) : int.MaxValue);
        // Two threads share the parts.
        var time = Time is { } whole ? whole * 2 / parts : (TimeSpan?)null;
        return
        [
            .. Enumerable.Range(0, parts).Select(i => new Portion(
                Strategies[i / 2],
                i % 2 == 1,
                SeedOf($"{scenario}/{subject}/{i}"),
                schedules == int.MaxValue ? schedules : (schedules / parts) + (i < schedules % parts ? 1 : 0),
                time)),
        ];
    }

    /// <summary>A seed for a part of the work, the same in every process.</summary>
    /// <param name="part">The part's name.</param>
    public ulong SeedOf(string part)
    {
        var hash = 14695981039346656037UL ^ Seed;
        foreach (var c in part)
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return hash;
    }
}
