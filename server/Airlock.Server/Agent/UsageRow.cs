namespace Airlock.Server.Agent;

/// <summary>One line of a usage export: what one model cost for one purpose on one day.</summary>
/// <param name="Date">The day of the calls.</param>
/// <param name="Model">The model's name as the export spells it.</param>
/// <param name="InputTokens">Tokens sent to the model, 0 or more, for all requests of the row.</param>
/// <param name="OutputTokens">Tokens the model wrote, 0 or more, for all requests of the row. 0 for a model that only embeds.</param>
/// <param name="CostUsd">What the row cost in US dollars, 0 or more.</param>
/// <param name="Requests">How many calls the row stands for, 1 or more. 1 where the export has no such column.</param>
/// <param name="Purpose">What the calls were for; empty where the export does not say.</param>
/// <param name="Prompt">A name or hash that equal prompts share; empty where the export does not say.</param>
public sealed record UsageRow(
    DateOnly Date,
    string Model,
    long InputTokens,
    long OutputTokens,
    decimal CostUsd,
    long Requests = 1,
    string Purpose = "",
    string Prompt = "")
{
    public long Tokens => InputTokens + OutputTokens;

    public bool IsWeekend => Date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;
}
