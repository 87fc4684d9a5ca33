using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Running;

/// <summary>What came out of exploring one scenario on one subject.</summary>
internal sealed record Exploration
{
    /// <summary>Nothing explored.</summary>
    public static Exploration None { get; } = new();

    /// <summary>How many schedules were run. A bounded search counts each of its schedules once, although a larger bound runs it again.</summary>
    public long Schedules { get; init; }

    /// <summary>How many steps all runs took.</summary>
    public long Steps { get; init; }

    /// <summary>How many schedules violated something (for a red half: its invariant).</summary>
    public long Violating { get; init; }

    /// <summary>How many runs were repeated and compared.</summary>
    public long Repeated { get; init; }

    /// <summary>The first race, in the order of the portions; null if there is none.</summary>
    public FoundRace? First { get; init; }

    /// <summary>How many delays every schedule within which was run, with time racing and without; -1 if not even those without any delay.</summary>
    public int ExhaustedBound { get; init; } = -1;

    /// <summary>Whether every schedule there is was run, with time racing and without.</summary>
    public bool IsExhausted { get; init; }

    /// <summary>What the transition table was asked, for the production driver.</summary>
    public Coverage? Coverage { get; init; }

    /// <summary>What the lab itself did wrong; null if nothing.</summary>
    public string? Error { get; init; }

    /// <summary>How long it took, by a real clock.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The share of schedules that violated something, from 0 to 1.</summary>
    public double Share => Schedules == 0 ? 0 : (double)Violating / Schedules;
}
