using System.Globalization;

namespace Airlock.Lab.Reports;

/// <summary>What failing runs of the golden path cost, with the formula.</summary>
internal sealed record Impact
{
    /// <summary>The revenue a year that depends on the golden path.</summary>
    public required decimal Arr { get; init; }

    /// <summary>How many users walk it; null if nobody said.</summary>
    public required long? Users { get; init; }

    /// <summary>One line for each subject.</summary>
    public required IReadOnlyList<ImpactOfSubject> Subjects { get; init; }

    /// <summary>Turns shares into money.</summary>
    /// <param name="arr">The revenue a year.</param>
    /// <param name="users">How many users, or null.</param>
    /// <param name="scenarios">What the run came to.</param>
    public static Impact Of(decimal arr, long? users, IReadOnlyList<ScenarioResult> scenarios)
    {
        List<ImpactOfSubject> subjects = [];
        Add("red halves, one fault each", [.. scenarios.Select(static scenario => scenario.Red).OfType<HalfResult>()]);
        Add(scenarios.Select(static scenario => scenario.Green.Subject).FirstOrDefault() ?? "nothing", [.. scenarios.Select(static scenario => scenario.Green)]);
        return new Impact { Arr = arr, Users = users, Subjects = subjects };

        void Add(string name, IReadOnlyList<HalfResult> halves)
        {
            var examined = halves.Where(static half => half.Schedules > 0).ToList();
            if (examined.Count > 0)
            {
                // Each scenario counts the same, however many schedules it was given.
                subjects.Add(ImpactOfSubject.Of(name, (decimal)examined.Average(static half => (double)half.Violating / half.Schedules), arr, users));
            }
        }
    }
}

/// <summary>What one subject's failing share costs.</summary>
/// <param name="Subject">Whose.</param>
/// <param name="FailingShare">The mean over the scenarios of the share of schedules that violate something, from 0 to 1.</param>
/// <param name="RevenueAtRisk">A year.</param>
/// <param name="UsersAffected">Null if nobody said how many there are.</param>
/// <param name="Formula">How it is computed, with the numbers put in.</param>
internal sealed record ImpactOfSubject(string Subject, decimal FailingShare, decimal RevenueAtRisk, long? UsersAffected, string Formula)
{
    public static ImpactOfSubject Of(string subject, decimal share, decimal arr, long? users)
    {
        var (atRisk, affected) = (Math.Round(arr * share, 2), users is { } all ? (long)Math.Ceiling(all * share) : (long?)null);
        var formula = string.Create(CultureInfo.InvariantCulture, $"revenue at risk = ARR × failing share = ${arr:N0} × {share:P2} = ${atRisk:N0} a year");
        if (users is { } count)
        {
            formula += string.Create(CultureInfo.InvariantCulture, $"; users affected = {count:N0} × {share:P2} = {affected:N0}, at ${(count == 0 ? 0 : arr / count):N2} a user");
        }

        return new ImpactOfSubject(subject, share, atRisk, affected, formula);
    }
}
