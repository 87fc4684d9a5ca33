using System.Text;
using System.Text.Json;
using static System.FormattableString;

namespace Airlock.Server.Agent;

/// <summary>Writes the cost analyst's answers as Markdown from what the tools found. Pure.</summary>
internal static class CostAnswer
{
    public const string ToolMissing = "I cannot answer this here: the tools that read usage data are not available.";

    private const int TopDays = 5;

    private const string CanDo =
        """
        You can ask me:

        - **Where does my AI spend go?** The whole picture in one answer.
        - **What does each model cost?** Spend, share and price by model.
        - **How does it develop by day?** Weeks, peaks and weekends.
        - **What could I save?** Concrete changes, each with its amount and the reasoning.

        Paste your usage as CSV with the columns `date,model,input_tokens,output_tokens,cost_usd` (and `requests`, `purpose`, `prompt` if you have them), or ask right away: I have a sample of thirty days.
        """;

    /// <summary>The answer to a question whose tools have all answered, or one of whose tools failed.</summary>
    public static string Write(CostQuestion question, IReadOnlyDictionary<string, JsonElement> results)
    {
        if (results.Values.Select(Failure).FirstOrDefault(problem => problem is not null) is { } problem)
        {
            return WriteFailure(problem);
        }

        if (question.Topics == CostTopics.None)
        {
            return (question.IsGreeting
                ? "Hello! I am the cost analyst: I find out where the money for AI models goes.\n\n"
                : "That is outside what I know: I analyse what AI models cost, and nothing else.\n\n") + CanDo.ReplaceLineEndings("\n");
        }

        var loaded = results[UsageTools.LoadUsage].Deserialize(AgentJson.Default.UsageLoaded)!;
        var text = new StringBuilder();
        text.Append(Heading(question.Topics)).Append("\n\n").Append(Opening(loaded));
        if (results.TryGetValue(UsageTools.CostByModel, out var models))
        {
            Append(text, models.Deserialize(AgentJson.Default.CostByModel)!);
        }

        if (results.TryGetValue(UsageTools.CostByDay, out var days))
        {
            Append(text, days.Deserialize(AgentJson.Default.CostByDay)!, isWholeTopic: question.Topics == CostTopics.Days);
        }

        if (results.TryGetValue(UsageTools.FindSavings, out var savings))
        {
            Append(text, savings.Deserialize(AgentJson.Default.Savings)!);
        }
        else
        {
            text.Append("\n\nAsk **“What could I save?”** and I will look for calls that could have been cheaper.");
        }

        return text.ToString();
    }

    /// <summary>What went wrong in a tool, or null when it answered.</summary>
    public static string? Failure(JsonElement result) =>
        result.ValueKind == JsonValueKind.Object && result.TryGetProperty("error", out var error) ? error.GetString() : null;

    private static string WriteFailure(string problem) =>
        $"""
        I could not read the usage data. {Plain(problem)}

        It is not used: what we talked about before stays. Please correct it and send it again. It should look like this:

        ```csv
        date,model,input_tokens,output_tokens,cost_usd
        2026-06-01,large-1,120000,8000,1.44
        2026-06-01,small-1,450000,30000,0.14
        ```

        At most {UsageCsv.RowsMax} rows are read. Or ask about the **sample** to see what I do with it.
        """.ReplaceLineEndings("\n");

    private static string Heading(CostTopics topics) => topics switch
    {
        CostTopics.Models => "## What each model costs",
        CostTopics.Days => "## How your spend develops",
        CostTopics.Savings => "## What you could save",
        CostTopics.Overview => "## Where your AI spend goes",
        _ => "## Your AI spend",
    };

    private static string Opening(UsageLoaded loaded)
    {
        var data = loaded.Source == UsageTools.Pasted ? "the usage that you pasted" : "the bundled sample";
        return Invariant($"From {loaded.From:d MMM yyyy} to {loaded.To:d MMM yyyy} you spent **{Money.Text(loaded.TotalUsd)}** ")
            + Invariant($"on {Count(loaded.Models, "model")} in {Count(loaded.Requests, "request")} ({data}, {Count(loaded.Rows, "row")}).");
    }

    private static void Append(StringBuilder text, CostByModel cost)
    {
        var first = cost.Models[0];
        text.Append("\n\n### By model\n\n");
        text.Append(Invariant($"**{Plain(first.Model)}** takes {first.SharePercent:0.#} % of the spend"));
        text.Append(first.MainPurpose.Length > 0 ? $", most of it for {Plain(first.MainPurpose)}.\n\n" : ".\n\n");
        text.Append("| Model | Spend | Share | Requests | Tokens in | Tokens out | $ per million tokens |\n");
        text.Append("|---|---:|---:|---:|---:|---:|---:|\n");
        foreach (var model in cost.Models)
        {
            text.Append(Invariant($"| {Plain(model.Model)} | {Money.Text(model.CostUsd)} | {model.SharePercent:0.0} % | {model.Requests:#,0} "));
            text.Append(Invariant($"| {model.InputTokens:#,0} | {model.OutputTokens:#,0} | {model.UsdPerMillionTokens:0.00} |\n"));
        }

        text.Append(Invariant($"| **Total** | **{Money.Text(cost.TotalUsd)}** | | | | | |"));
        if (cost.OmittedModels > 0)
        {
            text.Append(Invariant($"\n\n{Count(cost.OmittedModels, "cheaper model")} not shown."));
        }
    }

    private static void Append(StringBuilder text, CostByDay cost, bool isWholeTopic)
    {
        text.Append("\n\n### By day\n\n");
        text.Append(Invariant($"A median day costs {Money.Text(cost.MedianUsd)}. "));
        text.Append(Invariant($"The dearest was **{cost.Peak.Date:dddd, d MMM yyyy}** with {Money.Text(cost.Peak.CostUsd)}"));
        text.Append(cost.MedianUsd > 0 ? Invariant($", {cost.Peak.CostUsd / cost.MedianUsd:0.0} times the median.") : ".");
        if (cost is { WeekdayUsd: { } weekday, WeekendUsd: { } weekend })
        {
            text.Append(Invariant($" Weekdays average {Money.Text(weekday)}, weekends {Money.Text(weekend)}."));
        }

        text.Append("\n\n| Week from | Days | Spend | Change |\n|---|---:|---:|---:|\n");
        WeekCost? before = null;
        foreach (var week in cost.Weeks)
        {
            // Only whole weeks compare.
            var change = before is { Days: 7, CostUsd: > 0 } && week.Days == 7 ? (week.CostUsd / before.CostUsd - 1) * 100 : (decimal?)null;
            text.Append(Invariant($"| {week.Monday:d MMM yyyy} | {week.Days} | {Money.Text(week.CostUsd)} | {change:+0 '%';-0 '%';0 '%'} |\n"));
            before = week;
        }

        text.Length--;
        if (!isWholeTopic)
        {
            return;
        }

        text.Append("\n\n**Dearest days**\n\n| Day | Spend | Against the median |\n|---|---:|---:|\n");
        foreach (var day in cost.Days.OrderByDescending(day => day.CostUsd).ThenBy(day => day.Date).Take(TopDays))
        {
            text.Append(Invariant($"| {day.Date:ddd, d MMM yyyy} | {Money.Text(day.CostUsd)} "));
            text.Append(cost.MedianUsd > 0 ? Invariant($"| × {day.CostUsd / cost.MedianUsd:0.0} |\n") : "| |\n");
        }

        text.Length--;
        if (cost.OmittedDays > 0)
        {
            text.Append(Invariant($"\n\nThis list looks at the last {cost.Days.Count} days; {cost.OmittedDays} earlier ones are in the weeks above."));
        }
    }

    private static void Append(StringBuilder text, Savings savings)
    {
        text.Append("\n\n### Savings\n\n");
        if (savings.Found.Count == 0)
        {
            text.Append("I found nothing that is clearly too dear: no day far above the median, no repeated prompt, no short calls on a dear model.");
            return;
        }

        var share = savings.TotalUsd > 0 ? savings.PossibleUsd / savings.TotalUsd * 100 : 0;
        text.Append(Invariant($"**{Money.Text(savings.PossibleUsd)}** ({share:0} % of the spend) could have been saved. No dollar is counted twice.\n\n"));
        text.Append("| # | What to do | Saves |\n|---:|---|---:|\n");
        for (var at = 0; at < savings.Found.Count; at++)
        {
            text.Append(Invariant($"| {at + 1} | {Plain(savings.Found[at].Title)} | {Money.Text(savings.Found[at].AmountUsd)} |\n"));
        }

        for (var at = 0; at < savings.Found.Count; at++)
        {
            text.Append(Invariant($"\n{at + 1}. **{Plain(savings.Found[at].Title)}.** {Plain(savings.Found[at].Reasoning)}"));
        }
    }

    private static string Count(long count, string noun) => Invariant($"{count:#,0} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>Text from the user's data, so that it cannot become Markdown or HTML.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (character is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#' or '~' or '&' or '!')
            {
                plain.Append('\\');
            }

            plain.Append(character);
        }

        return plain.ToString();
    }
}
