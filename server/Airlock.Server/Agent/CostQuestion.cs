using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace Airlock.Server.Agent;

/// <summary>What a user wants from the cost analyst.</summary>
[Flags]
internal enum CostTopics
{
    None = 0,
    Models = 1,
    Days = 2,
    Savings = 4,
    Overview = Models | Days,
}

/// <summary>A question about AI spend, understood by its words. Pure.</summary>
/// <param name="Topics">What to answer; none when the question is about something else.</param>
/// <param name="Source">Which usage to load, as <see cref="UsageTools"/> names it.</param>
/// <param name="IsGreeting">The user says hello or asks what the analyst can do.</param>
internal sealed partial record CostQuestion(CostTopics Topics, string Source, bool IsGreeting)
{
    // Not backtracking: the text is a stranger's.
    private const RegexOptions Words = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking;

    /// <summary>Reads the last question of a conversation.</summary>
    public static CostQuestion Read(IReadOnlyList<ChatMessage> conversation)
    {
        var text = conversation.LastOrDefault(message => message.Role == ChatRole.User)?.Text ?? "";
        var csv = UsageCsv.FindIn(text);
        var words = csv is null ? text : WithoutData(text);
        var topics = TopicsOf(words);
        if (csv is not null && topics == CostTopics.None)
        {
            topics = CostTopics.Overview | CostTopics.Savings;
        }

        // Whoever pasted data goes on talking about it until the sample is asked for.
        var source = csv is not null || (!Sample().IsMatch(words) && UsageTools.LastPasted(conversation) is not null)
            ? UsageTools.Pasted
            : UsageTools.Sample;
        return new CostQuestion(topics, source, topics == CostTopics.None && Greeting().IsMatch(words));
    }

    /// <summary>The tools that answer it, in the order in which they are called.</summary>
    public IEnumerable<string> Tools()
    {
        if (Topics == CostTopics.None)
        {
            yield break;
        }

        yield return UsageTools.LoadUsage;
        if (Topics.HasFlag(CostTopics.Models))
        {
            yield return UsageTools.CostByModel;
        }

        if (Topics.HasFlag(CostTopics.Days))
        {
            yield return UsageTools.CostByDay;
        }

        if (Topics.HasFlag(CostTopics.Savings))
        {
            yield return UsageTools.FindSavings;
        }
    }

    private static CostTopics TopicsOf(string words)
    {
        var topics = (Saving().IsMatch(words) ? CostTopics.Savings : 0)
            | (Model().IsMatch(words) ? CostTopics.Models : 0)
            | (Day().IsMatch(words) ? CostTopics.Days : 0);

        // A word such as "day" or "model" alone says little; "spend by day" does. Whoever asks about money in general gets the overview.
        if (topics == CostTopics.None)
        {
            return Spend().IsMatch(words) ? CostTopics.Overview : CostTopics.None;
        }

        return topics;
    }

    private static string WithoutData(string text)
    {
        var csv = UsageCsv.FindIn(text)!.Split('\n').Select(line => line.Trim()).ToHashSet(StringComparer.Ordinal);
        return string.Join('\n', text.Split('\n').Where(line => !csv.Contains(line.Trim())));
    }

    [GeneratedRegex(
        @"\b(sav(e|es|ing|ings)|reduc|cheap|optimi[sz]|lower|wast|(cut|bring|get|keep)\b.*\b(cost|spend|bill|down))",
        Words)]
    private static partial Regex Saving();

    [GeneratedRegex(
        @"\b(by|per|each|which|what|every|expensive|dearest|top)\s+(\w+\s+)?models?\b|\bmodels?\b.*\b(cost|costs|spend|price|expensive|compare)",
        Words)]
    private static partial Regex Model();

    [GeneratedRegex(
        @"\b(daily|trend|trends|weekly|weekend|weekends|anomal|spike|spikes|over time)|\b(by|per|each|every|which|what)\s+(\w+\s+)?(day|days|date|week)\b",
        Words)]
    private static partial Regex Day();

    [GeneratedRegex(
        @"\b(spend|spending|spent|cost|costs|usage|bill|bills|budget|expens|price|prices|pay|paying|money|tokens?|csv|sample|overview)",
        Words)]
    private static partial Regex Spend();

    [GeneratedRegex(
        @"\bsample\b",
        Words)]
    private static partial Regex Sample();

    [GeneratedRegex(
        @"\b(hello|hi|hey|help|thanks|thank you|good (morning|afternoon|evening)|who are you|what can you)\b",
        Words)]
    private static partial Regex Greeting();
}
