using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Commands;

/// <summary>What <c>run</c> was asked for, checked.</summary>
internal sealed record RunRequest
{
    public required IReadOnlyList<Scenario> Scenarios { get; init; }

    /// <summary>Whether these are all there are, so that everything must be covered.</summary>
    public required bool IsWhole { get; init; }

    /// <summary>The only subject; null for both halves.</summary>
    public required Examinee? Subject { get; init; }

    public required Plan Plan { get; init; }

    public required bool FailFast { get; init; }

    public required bool Verbose { get; init; }

    public required Report? Previous { get; init; }

    /// <summary>What <c>wire</c> found, to be reported beside; null for nothing.</summary>
    public required Lazy<WireReport>? Wire { get; init; }

    /// <summary>Where the body of an issue goes, so that the line that files it can be printed; null for nowhere.</summary>
    public required string? IssuePath { get; init; }

    /// <summary>Where each report goes.</summary>
    public required IReadOnlyList<(string Path, Func<Report, string> Write)> Reports { get; init; }

    /// <summary>Where the schedules of races are kept; null for nowhere.</summary>
    public required string? Keep { get; init; }

    /// <summary>The revenue a year that depends on the golden path; null if nobody said.</summary>
    public decimal? Arr { get; init; }

    /// <summary>How many users walk it; null if nobody said.</summary>
    public long? Users { get; init; }
}
