using static System.FormattableString;

namespace Airlock.Server.Agent;

/// <summary>Adds up usage. Pure functions over rows; amounts are exact until they are rounded to a hundredth of a cent at the end.</summary>
public static class UsageReport
{
    private const int ModelsMax = 30;
    private const int DaysMax = 62;
    private const int WeeksMax = 60;

    /// <summary>What was read.</summary>
    public static UsageLoaded Loaded(IReadOnlyList<UsageRow> rows, string source)
    {
        var (from, to) = (rows.Min(row => row.Date), rows.Max(row => row.Date));
        var models = rows.Select(row => row.Model).Distinct(StringComparer.Ordinal).Count();
        var total = rows.Sum(row => row.CostUsd);
        return new UsageLoaded(
            Invariant($"{rows.Count} rows, {models} models, {from:yyyy-MM-dd} to {to:yyyy-MM-dd}, {Money.Text(total)}"),
            source, rows.Count, from, to, models, rows.Sum(row => row.Requests), Money.Round(total));
    }

    /// <summary>Cost by model, dearest first.</summary>
    public static CostByModel ByModel(IReadOnlyList<UsageRow> rows)
    {
        var total = rows.Sum(row => row.CostUsd);
        var models = rows
            .GroupBy(row => row.Model, StringComparer.Ordinal)
            .Select(group => Model(group.Key, [.. group], total))
            .OrderByDescending(model => model.CostUsd).ThenBy(model => model.Model, StringComparer.Ordinal)
            .ToList();
        var first = models[0];
        return new CostByModel(
            Invariant($"{models.Count} models; {first.Model} leads with {Money.Text(first.CostUsd)} ({first.SharePercent} %)"),
            Money.Round(total), [.. models.Take(ModelsMax)], Math.Max(0, models.Count - ModelsMax));
    }

    /// <summary>Cost by day and week, in order.</summary>
    public static CostByDay ByDay(IReadOnlyList<UsageRow> rows)
    {
        var days = Days(rows);
        var peak = days.MaxBy(day => day.CostUsd)!;
        var median = Median(days);
        var weeks = days
            .GroupBy(day => day.Date.AddDays(-(((int)day.Date.DayOfWeek + 6) % 7)))
            .Select(week => new WeekCost(week.Key, week.Count(), Money.Round(week.Sum(day => day.CostUsd))))
            .TakeLast(WeeksMax);
        return new CostByDay(
            Invariant($"{days.Count} days; median {Money.Text(median)}, peak {Money.Text(peak.CostUsd)} on {peak.Date:yyyy-MM-dd}"),
            Money.Round(days.Sum(day => day.CostUsd)),
            Money.Round(median),
            Rounded(peak),
            Average(days.Where(day => !IsWeekend(day.Date))),
            Average(days.Where(day => IsWeekend(day.Date))),
            [.. weeks],
            [.. days.TakeLast(DaysMax).Select(Rounded)],
            Math.Max(0, days.Count - DaysMax));
    }

    /// <summary>Exact totals of the days that have data, in order.</summary>
    public static IReadOnlyList<DayCost> Days(IEnumerable<UsageRow> rows) =>
        [.. rows.GroupBy(row => row.Date).OrderBy(day => day.Key).Select(day => new DayCost(day.Key, day.Sum(row => row.CostUsd)))];

    /// <summary>The middle day's cost; the mean of the two middle ones when their number is even. 0 without days.</summary>
    public static decimal Median(IReadOnlyList<DayCost> days)
    {
        if (days.Count == 0)
        {
            return 0m;
        }

        var sorted = days.Select(day => day.CostUsd).Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static ModelCost Model(string name, IReadOnlyList<UsageRow> rows, decimal total)
    {
        var cost = rows.Sum(row => row.CostUsd);
        var tokens = rows.Sum(row => row.Tokens);
        var purpose = rows
            .Where(row => row.Purpose.Length > 0)
            .GroupBy(row => row.Purpose, StringComparer.Ordinal)
            .OrderByDescending(group => group.Sum(row => row.CostUsd)).ThenBy(group => group.Key, StringComparer.Ordinal)
            .FirstOrDefault()?.Key ?? "";
        return new ModelCost(
            name,
            Money.Round(cost),
            total == 0 ? 0 : Math.Round(cost / total * 100, 1),
            rows.Sum(row => row.Requests),
            rows.Sum(row => row.InputTokens),
            rows.Sum(row => row.OutputTokens),
            tokens == 0 ? null : Math.Round(cost / tokens * 1_000_000, 2),
            purpose);
    }

    private static decimal? Average(IEnumerable<DayCost> days)
    {
        var costs = days.Select(day => day.CostUsd).ToArray();
        return costs.Length == 0 ? null : Money.Round(costs.Average());
    }

    private static DayCost Rounded(DayCost day) => day with { CostUsd = Money.Round(day.CostUsd) };

    private static bool IsWeekend(DateOnly date) => date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
}
