using static System.FormattableString;

namespace Airlock.Server.Agent;

/// <summary>
/// Finds what could have been saved. Invariant: a row belongs to at most one saving, so that no dollar is counted twice; the rules run in
/// a fixed order and each takes its rows out. Pure.
/// </summary>
public static class SavingsRules
{
    private const int AnomalyDaysMin = 7;
    private const decimal AnomalyFactor = 3m;
    private const long ShortInputTokens = 1_000;
    private const long ShortOutputTokens = 50;
    private const decimal DearerFactor = 3m;
    private const decimal ScheduledShare = 0.8m;
    private const decimal BatchDiscount = 0.5m;
    private const decimal AmountMin = 0.01m;
    private const int FoundMax = 20;

    /// <summary>All savings of at least a cent, largest first.</summary>
    public static Savings Find(IReadOnlyList<UsageRow> rows)
    {
        var left = rows.ToList();
        var found = new List<Saving>();
        found.AddRange(AnomalyDays(left));
        found.AddRange(RepeatedPrompts(left));
        found.AddRange(CheaperModel(left));
        found.AddRange(WeekendBatch(left));

        var largest = found
            .Where(saving => saving.AmountUsd >= AmountMin)
            .OrderByDescending(saving => saving.AmountUsd).ThenBy(saving => saving.Title, StringComparer.Ordinal)
            .Take(FoundMax)
            .ToList();
        var total = rows.Sum(row => row.CostUsd);
        var possible = largest.Sum(saving => saving.AmountUsd);
        return new Savings(
            largest.Count == 0 ? "No saving found" : Invariant($"{largest.Count} savings, {Money.Text(possible)} of {Money.Text(total)}"),
            Money.Round(total), possible, largest);
    }

    /// <summary>A day that cost several times the median day: what lies above the median.</summary>
    private static List<Saving> AnomalyDays(List<UsageRow> left)
    {
        var days = UsageReport.Days(left);
        var median = UsageReport.Median(days);
        var found = new List<Saving>();
        if (days.Count < AnomalyDaysMin || median == 0)
        {
            return found;
        }

        foreach (var day in days.Where(day => day.CostUsd > AnomalyFactor * median))
        {
            var worst = left
                .Where(row => row.Date == day.Date)
                .OrderByDescending(row => row.CostUsd).ThenBy(row => row.Model, StringComparer.Ordinal)
                .First();
            found.Add(new Saving(
                "anomaly_day",
                Invariant($"Find what happened on {day.Date:d MMM yyyy}"),
                Money.Round(day.CostUsd - median),
                Invariant($"The day cost {Money.Text(day.CostUsd)}, {day.CostUsd / median:0.0} times the median day ({Money.Text(median)}). ")
                + Invariant($"{Money.Text(worst.CostUsd)} of it is one line: {Calls(worst)}")
                + (LooksLikeRetries(worst) ? ", nearly all input and hardly any output, which is what a retry storm looks like" : "")
                + ". Cap retries, back off, and alert on a day's spend. The amount is what lies above the median."));
            left.RemoveAll(row => row.Date == day.Date);
        }

        return found;
    }

    /// <summary>Equal prompts of one day: an answer kept for a day pays for the first only.</summary>
    private static List<Saving> RepeatedPrompts(List<UsageRow> left)
    {
        var found = new List<Saving>();
        var prompts = left
            .Where(row => row.Prompt.Length > 0 && row.OutputTokens > 0)
            .GroupBy(row => (row.Model, row.Prompt));
        foreach (var prompt in prompts.ToList())
        {
            var days = prompt
                .GroupBy(row => row.Date)
                .Select(day => (Requests: day.Sum(row => row.Requests), Cost: day.Sum(row => row.CostUsd)))
                .ToList();
            var requests = days.Sum(day => day.Requests);
            if (requests == days.Count)
            {
                continue;
            }

            found.Add(new Saving(
                "repeated_prompts",
                $"Cache the answer to “{prompt.Key.Prompt}”",
                Money.Round(days.Sum(day => day.Cost - (day.Cost / day.Requests))),
                Invariant($"{prompt.Key.Model} got this same prompt {requests:#,0} times on {days.Count} days for {Money.Text(days.Sum(day => day.Cost))}. ")
                + "An answer kept for one day would have been paid for once a day."));
            left.RemoveAll(row => row.Model == prompt.Key.Model && row.Prompt == prompt.Key.Prompt);
        }

        return found;
    }

    /// <summary>Short calls (classifying, routing) on a dear model: the same tokens at the cheapest text model's average price.</summary>
    private static List<Saving> CheaperModel(List<UsageRow> left)
    {
        // A model that never writes (embeddings) cannot take over; a price is an average over input and output.
        var prices = left
            .GroupBy(row => row.Model, StringComparer.Ordinal)
            .Where(model => model.Sum(row => row.OutputTokens) > 0)
            .Select(model => (Model: model.Key, Price: model.Sum(row => row.CostUsd) / model.Sum(row => row.Tokens)))
            .Where(model => model.Price > 0)
            .OrderBy(model => model.Price).ThenBy(model => model.Model, StringComparer.Ordinal)
            .ToList();
        var found = new List<Saving>();
        if (prices.Count < 2)
        {
            return found;
        }

        var target = prices[0];
        foreach (var dear in prices.Where(model => model.Price >= DearerFactor * target.Price))
        {
            var calls = left.Where(row => row.Model == dear.Model && IsShort(row)).ToList();
            if (calls.Count == 0)
            {
                continue;
            }

            var cost = calls.Sum(row => row.CostUsd);
            var purposes = calls.Select(row => row.Purpose).Where(purpose => purpose.Length > 0).Distinct(StringComparer.Ordinal).Take(3).ToList();
            found.Add(new Saving(
                "cheaper_model",
                $"Move short calls from {dear.Model} to {target.Model}",
                Money.Round(Math.Max(0, cost - (calls.Sum(row => row.Tokens) * target.Price))),
                Invariant($"{calls.Sum(row => row.Requests):#,0} calls{(purposes.Count > 0 ? $" ({string.Join(", ", purposes)})" : "")} ")
                + Invariant($"had at most {ShortInputTokens:#,0} tokens in and {ShortOutputTokens} out on average and cost {Money.Text(cost)}. ")
                + Invariant($"{dear.Model} costs {dear.Price * 1_000_000:0.00} dollars per million tokens here, {target.Model} {target.Price * 1_000_000:0.00}. ")
                + "Compare the quality on a sample of your own calls first."));
            left.RemoveAll(row => row.Model == dear.Model && IsShort(row));
        }

        return found;
    }

    /// <summary>Work that runs on weekends as on weekdays is scheduled; nobody waits for it, so it can go in batches.</summary>
    private static List<Saving> WeekendBatch(List<UsageRow> left)
    {
        var found = new List<Saving>();
        foreach (var work in left.Where(row => row.OutputTokens > 0).GroupBy(row => (row.Model, row.Purpose)).ToList())
        {
            var weekends = UsageReport.Days(work.Where(row => row.IsWeekend));
            var weekdays = UsageReport.Days(work.Where(row => !row.IsWeekend));
            if (weekends.Count < 2 || weekdays.Count < 2
                || weekends.Average(day => day.CostUsd) < ScheduledShare * weekdays.Average(day => day.CostUsd))
            {
                continue;
            }

            var cost = weekends.Sum(day => day.CostUsd);
            var name = work.Key.Purpose.Length > 0 ? $"{work.Key.Purpose} on {work.Key.Model}" : work.Key.Model;
            found.Add(new Saving(
                "weekend_batch",
                $"Batch the weekend runs of {name}",
                Money.Round(cost * BatchDiscount),
                Invariant($"On {weekends.Count} Saturdays and Sundays it cost {Money.Text(weekends.Average(day => day.CostUsd))} a day, as on weekdays ")
                + Invariant($"({Money.Text(weekdays.Average(day => day.CostUsd))}), so it looks scheduled, with nobody waiting. ")
                + "The amount assumes a batch price of half; skipping the runs would save twice that."));
            left.RemoveAll(row => row.Model == work.Key.Model && row.Purpose == work.Key.Purpose && row.IsWeekend);
        }

        return found;
    }

    private static bool IsShort(UsageRow row) =>
        row.OutputTokens > 0
        && row.InputTokens <= ShortInputTokens * row.Requests
        && row.OutputTokens <= ShortOutputTokens * row.Requests;

    private static bool LooksLikeRetries(UsageRow row) => row.Requests > 1 && row.OutputTokens * 100 < row.InputTokens;

    private static string Calls(UsageRow row) =>
        Invariant($"{row.Requests:#,0} {(row.Requests == 1 ? "call" : "calls")} to {row.Model}{(row.Purpose.Length > 0 ? $" for {row.Purpose}" : "")}");
}
