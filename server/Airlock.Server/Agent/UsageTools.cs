using System.ComponentModel;
using Microsoft.Extensions.AI;

namespace Airlock.Server.Agent;

/// <summary>
/// The cost analyst's four tools over one conversation: load usage, cost by model, cost by day, find savings. Keeps what was loaded, so
/// there is one instance per run; a run calls one tool at a time.
/// </summary>
public sealed class UsageTools
{
    public const string LoadUsage = "load_usage";
    public const string CostByModel = "cost_by_model";
    public const string CostByDay = "cost_by_day";
    public const string FindSavings = "find_savings";
    public const string Pasted = "pasted";
    public const string Sample = "sample";

    private readonly IReadOnlyList<ChatMessage> _conversation;
    private IReadOnlyList<UsageRow>? _rows;

    private UsageTools(IReadOnlyList<ChatMessage> conversation) => _conversation = conversation;

    /// <summary>The tools for a conversation; an <see cref="AgentTools"/>.</summary>
    public static IReadOnlyList<AIFunction> For(IReadOnlyList<ChatMessage> conversation)
    {
        var tools = new UsageTools(conversation);
        return
        [
            Tool(tools.Load, LoadUsage, "Loads AI usage data. Call it before the other tools."),
            Tool(() => UsageReport.ByModel(tools.Rows), CostByModel, "Cost, share, tokens and price of each model in the loaded usage."),
            Tool(() => UsageReport.ByDay(tools.Rows), CostByDay, "Cost of each day and week in the loaded usage, with median, peak and weekends."),
            Tool(() => SavingsRules.Find(tools.Rows), FindSavings, "Savings in the loaded usage, each with its amount and reasoning."),
        ];
    }

    /// <summary>
    /// The usage export that the conversation is about: that of the last question, right or wrong, so that its owner is told what is wrong with it; else the last one that could be
    /// read. Null when there is none.
    /// </summary>
    public static string? LastPasted(IEnumerable<ChatMessage> conversation)
    {
        var pasted = conversation.Where(message => message.Role == ChatRole.User).Select(message => UsageCsv.FindIn(message.Text)).Reverse().ToList();
        return pasted.FirstOrDefault() ?? pasted.FirstOrDefault(csv => csv is not null && UsageCsv.IsValid(csv));
    }

    private IReadOnlyList<UsageRow> Rows => _rows ?? throw new AgentToolException($"No usage is loaded yet; call {LoadUsage} first.");

    private UsageLoaded Load(
        [Description("'pasted' for the CSV that the user pasted last, 'sample' for the bundled sample.")] string source)
    {
        _rows = UsageCsv.Parse(source switch
        {
            Pasted => LastPasted(_conversation) ?? throw new AgentToolException("No usage CSV was pasted in this conversation."),
            Sample => UsageCsv.Sample,
            _ => throw new AgentToolException($"There is no such source; choose '{Pasted}' or '{Sample}'."),
        });
        return UsageReport.Loaded(_rows, source);
    }

    private static AIFunction Tool(Delegate work, string name, string description) =>
        AIFunctionFactory.Create(work, new AIFunctionFactoryOptions
        {
            Name = name,
            Description = description,
            SerializerOptions = AgentJson.Default.Options,
        });
}
