namespace Airlock.Lab.Running;

/// <summary>What a whole run came to.</summary>
/// <param name="Plan">How it was planned.</param>
/// <param name="Subject">The only subject examined; null if both halves were.</param>
/// <param name="Verdicts">One for each scenario that was finished.</param>
/// <param name="Coverage">What the production driver's table was asked; null if it was not examined.</param>
/// <param name="IsCoverageJudged">Whether everything that can be reached had to be.</param>
/// <param name="IsInterrupted">Whether somebody ended it.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Duration">How long it took.</param>
internal sealed record RunResult(Plan Plan, string? Subject, IReadOnlyList<Verdict> Verdicts, CoverageReview? Coverage, bool IsCoverageJudged, bool IsInterrupted, DateTimeOffset StartedAt, TimeSpan Duration)
{
    /// <summary>The names of the scenarios that were asked for; empty for all there are.</summary>
    public IReadOnlyList<string> Scenarios { get; init; } = [];

    /// <summary>What was left out, because the subject does not have what it is about.</summary>
    public IReadOnlyList<NotApplicable> NotApplicable { get; init; } = [];

    /// <summary>Whether something unexpected happened, or nothing at all.</summary>
    public bool IsBroken => Verdicts.Count == 0 || Verdicts.Any(static verdict => verdict.Error is not null);

    /// <summary>Whether everything holds.</summary>
    public bool Holds => !IsBroken && Verdicts.All(static verdict => verdict.Holds) && (!IsCoverageJudged || Coverage!.IsComplete);
}
