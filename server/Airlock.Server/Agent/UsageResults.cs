namespace Airlock.Server.Agent;

// What the tools answer, as JSON, to whichever model asks. The summary comes first: it is what the user sees of a finished tool.

/// <summary>Answer of the tool load_usage.</summary>
public sealed record UsageLoaded(
    string Summary, string Source, int Rows, DateOnly From, DateOnly To, int Models, long Requests, decimal TotalUsd);

/// <summary>Answer of the tool cost_by_model, dearest model first.</summary>
/// <param name="OmittedModels">How many further, cheaper models the list leaves out.</param>
public sealed record CostByModel(string Summary, decimal TotalUsd, IReadOnlyList<ModelCost> Models, int OmittedModels);

/// <summary>What one model cost.</summary>
/// <param name="SharePercent">Share of the whole cost, 0 to 100, one decimal.</param>
/// <param name="UsdPerMillionTokens">Average price over input and output; null where the model used no tokens.</param>
/// <param name="MainPurpose">The purpose that cost most; empty where the data does not say.</param>
public sealed record ModelCost(
    string Model, decimal CostUsd, decimal SharePercent, long Requests, long InputTokens, long OutputTokens,
    decimal? UsdPerMillionTokens, string MainPurpose);

/// <summary>Answer of the tool cost_by_day.</summary>
/// <param name="MedianUsd">Median of the days that have data.</param>
/// <param name="WeekdayUsd">Average of the weekdays that have data; null without any.</param>
/// <param name="WeekendUsd">Average of the Saturdays and Sundays that have data; null without any.</param>
/// <param name="Weeks">Totals of calendar weeks, Monday first, in order.</param>
/// <param name="Days">The latest days, in order.</param>
/// <param name="OmittedDays">How many earlier days the list of days leaves out; the weeks, median and averages count them.</param>
public sealed record CostByDay(
    string Summary, decimal TotalUsd, decimal MedianUsd, DayCost Peak, decimal? WeekdayUsd, decimal? WeekendUsd,
    IReadOnlyList<WeekCost> Weeks, IReadOnlyList<DayCost> Days, int OmittedDays);

/// <summary>What one day cost.</summary>
public sealed record DayCost(DateOnly Date, decimal CostUsd);

/// <summary>What one calendar week cost.</summary>
/// <param name="Monday">The week's first day, which may lie before the data.</param>
/// <param name="Days">On how many days of the week there is data, 1 to 7.</param>
public sealed record WeekCost(DateOnly Monday, int Days, decimal CostUsd);

/// <summary>Answer of the tool find_savings, largest first. No dollar is counted in two savings.</summary>
public sealed record Savings(string Summary, decimal TotalUsd, decimal PossibleUsd, IReadOnlyList<Saving> Found);

/// <summary>One thing to change.</summary>
/// <param name="Kind">The rule: anomaly_day, repeated_prompts, cheaper_model or weekend_batch.</param>
/// <param name="AmountUsd">What it would have saved over the data's period.</param>
/// <param name="Reasoning">What was seen, how the amount follows from it and what it assumes.</param>
public sealed record Saving(string Kind, string Title, decimal AmountUsd, string Reasoning);

/// <summary>What a model is told when a tool could not do its work.</summary>
public sealed record ToolFailure(string Error);
