using System.Text.Json.Serialization;
using Airlock.Lab.Running;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Reports;

/// <summary>A whole run, as every report writer sees it. In JSON the names are in snake case; the fields of the post-mortem's runner come first in its four sections.</summary>
internal sealed record Report
{
    public required Summary Summary { get; init; }

    public required Status RaceConditionStatus { get; init; }

    public required IReadOnlyList<SuiteResult> SuiteResults { get; init; }

    public required IReadOnlyList<string> Recommendations { get; init; }

    public required string RunId { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required string Commit { get; init; }

    public required Surroundings Environment { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>The only subject examined; null if both halves were.</summary>
    public string? Subject { get; init; }

    public required IReadOnlyList<string> Strategies { get; init; }

    /// <summary>How much each scenario was given: so many schedules, or so many steps, or so much time.</summary>
    public string? Budget { get; init; }

    /// <summary>The command line that asks for the same run.</summary>
    public string? Command { get; init; }

    public required bool Interrupted { get; init; }

    public required int ExitCode { get; init; }

    public required IReadOnlyList<ScenarioResult> Scenarios { get; init; }

    /// <summary>Scenarios that say nothing about the subject; null if both halves were examined.</summary>
    public IReadOnlyList<NotApplicableResult>? NotApplicable { get; init; }

    /// <summary>Null if the production driver was not examined.</summary>
    public CoverageResult? Coverage { get; init; }

    /// <summary>Null if there was nothing to compare with.</summary>
    public ComparisonResult? Comparison { get; init; }

    /// <summary>What <c>wire --json</c> wrote; null if it was not named.</summary>
    public WireReport? Wire { get; init; }

    /// <summary>Null if nobody said what the golden path is worth.</summary>
    public Impact? Impact { get; init; }
}

/// <summary>A run in numbers. Detected: races that a red half shows. Fixed: those that the green half does not.</summary>
internal sealed record Summary
{
    public required double TotalDurationSeconds { get; init; }

    public required int TotalTestSuites { get; init; }

    public required int TotalTests { get; init; }

    public required int TotalRaceConditionsDetected { get; init; }

    public required int TotalRaceConditionsFixed { get; init; }

    public required int TotalUnexpectedErrors { get; init; }

    public required int Holding { get; init; }

    public required int NotHolding { get; init; }

    public required long Schedules { get; init; }

    public required long GreenSchedules { get; init; }

    public required long GreenViolations { get; init; }

    public required long Steps { get; init; }

    public required double StepsPerSecond { get; init; }

    public required long RepeatedRuns { get; init; }
}

/// <summary>What became of the races.</summary>
internal sealed record Status
{
    public required int ReproducedSuccessfully { get; init; }

    public required int AppearFixed { get; init; }

    public required int TotalIdentified { get; init; }
}

/// <summary>One suite.</summary>
internal sealed record SuiteResult
{
    public required string Name { get; init; }

    public required string File { get; init; }

    public required int RaceConditionsDetected { get; init; }

    public required int RaceConditionsFixed { get; init; }

    public required int UnexpectedErrors { get; init; }

    public required double Duration { get; init; }

    public required int Priority { get; init; }

    public required int Scenarios { get; init; }

    public required int Holding { get; init; }
}

/// <summary>What it ran on.</summary>
internal sealed record Surroundings
{
    public required string Os { get; init; }

    public required string Architecture { get; init; }

    public required string Runtime { get; init; }

    public required int Processors { get; init; }

    public required string LabVersion { get; init; }
}

/// <summary>One scenario and its verdict.</summary>
internal sealed record ScenarioResult
{
    public required string Name { get; init; }

    public required string Suite { get; init; }

    public required string Category { get; init; }

    public required string Difficulty { get; init; }

    public required string Source { get; init; }

    public required string Claim { get; init; }

    public required string Invariant { get; init; }

    public required string Property { get; init; }

    public required string RedHalf { get; init; }

    /// <summary><c>holds</c>, <c>fails</c> or <c>error</c>.</summary>
    public required string Verdict { get; init; }

    public required IReadOnlyList<string> Problems { get; init; }

    public HalfResult? Red { get; init; }

    public HalfResult? Clean { get; init; }

    public required HalfResult Green { get; init; }

    public HalfResult? Locks { get; init; }

    /// <summary>The schedule worth looking at: of the green half if it is not green, else of the red half.</summary>
    public string? Schedule { get; init; }

    /// <summary>The line that replays it.</summary>
    public string? Replay { get; init; }

    public required double DurationSeconds { get; init; }

    [JsonIgnore]
    public bool Holds => Verdict == "holds";
}

/// <summary>A scenario that was not run, because the subject does not have what it is about.</summary>
internal sealed record NotApplicableResult(string Name, string Suite, string Lacks);

/// <summary>One half of a scenario.</summary>
internal sealed record HalfResult
{
    public required string Subject { get; init; }

    public required long Schedules { get; init; }

    public required long Steps { get; init; }

    public required long Violating { get; init; }

    public required double Share { get; init; }

    public required bool Exhausted { get; init; }

    /// <summary>Every schedule with at most so many delays was run; null if not even those without.</summary>
    public int? ExhaustedDelays { get; init; }

    public required long Repeated { get; init; }

    public int? FirstViolating { get; init; }

    public string? FoundBy { get; init; }

    public string? Checker { get; init; }

    public string? Violation { get; init; }

    public string? FirstSchedule { get; init; }

    public string? ShrunkSchedule { get; init; }

    public int? ShrunkLength { get; init; }

    public string? Error { get; init; }

    /// <summary>Why the scenario does not hold because of it, as a sentence; null if it is as it must be.</summary>
    public string? Problem { get; init; }

    public required double DurationSeconds { get; init; }

    /// <summary>The schedule worth looking at; null if nothing was violated, or no schedule repeats it.</summary>
    [JsonIgnore]
    public string? Schedule => Checker is Run.StaysInside or Explorer.Deterministic ? null : ShrunkSchedule ?? FirstSchedule;
}

/// <summary>What the transition table was asked.</summary>
internal sealed record CoverageResult
{
    public required int Possible { get; init; }

    public required int Reached { get; init; }

    /// <summary>Whether the run had all scenarios, so that everything had to be reached.</summary>
    public required bool Judged { get; init; }

    public required IReadOnlyList<string> NotReached { get; init; }

    public required IReadOnlyList<string> WronglyListedAsImpossible { get; init; }

    public required IReadOnlyList<PairCount> Pairs { get; init; }
}

/// <summary>How often an event met a state; null if the driver cannot make them meet.</summary>
internal sealed record PairCount(string State, string Event, long? Asked);

/// <summary>Against an earlier run.</summary>
internal sealed record ComparisonResult
{
    public required string PreviousRunId { get; init; }

    public required IReadOnlyList<string> New { get; init; }

    public required IReadOnlyList<string> Fixed { get; init; }

    public required IReadOnlyList<string> Persisting { get; init; }

    /// <summary>Scenarios that only one of the two runs had, or that were another test then: nothing can be said of them.</summary>
    public IReadOnlyList<string> NotCompared { get; init; } = [];
}
