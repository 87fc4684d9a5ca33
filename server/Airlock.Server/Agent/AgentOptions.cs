using Airlock.Server.Settings;

namespace Airlock.Server.Agent;

/// <summary>The agent's settings, read from the configuration section <c>Agent</c> and checked at start.</summary>
public sealed class AgentOptions : ISettings
{
    /// <summary>The name in every event. 1 to 64 characters. Default: cost-analyst.</summary>
    public string Name { get; set; } = "cost-analyst";

    /// <summary>
    /// Base address of an OpenAI-compatible API, http or https, with its version, such as http://localhost:11434/v1. Default: none, which
    /// chooses the embedded analyst.
    /// </summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The model's name at the endpoint. Required with <see cref="Endpoint"/>, refused without.</summary>
    public string? Model { get; set; }

    /// <summary>The endpoint's key. Default: none. Never logged and never sent anywhere but to the endpoint.</summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// Pause between two pieces of the embedded analyst's answer, twenty times as long before a tool, so that a person can follow. 0 to 1
    /// second. Default: 15 ms. A model at an endpoint has its own pace.
    /// </summary>
    public TimeSpan Pace { get; set; } = TimeSpan.FromMilliseconds(15);

    /// <summary>What a model is told before the conversation. The embedded analyst does not need it. Default: to be a cost analyst.</summary>
    public string Instructions { get; set; } =
        "You analyse what AI models cost. Take every figure from the tools, never from memory: first load_usage ('pasted' when the user "
        + "pasted a CSV, otherwise 'sample'), then cost_by_model, cost_by_day or find_savings as the question needs. "
        + "Answer briefly in Markdown, with a table where figures are compared, and say which data you used.";

    /// <summary>The longest question in characters. 1 to 1,000,000. Default: 65,536.</summary>
    public int QuestionCharactersMax { get; set; } = 65_536;

    /// <summary>The longest answer in characters; a longer one ends in an error. 1 to 1,000,000. Default: 65,536.</summary>
    public int AnswerCharactersMax { get; set; } = 65_536;

    /// <summary>How often a run may ask the model. 1 to 100. Default: 8.</summary>
    public int RoundsMax { get; set; } = 8;

    /// <summary>How many tools a run may call. 0 to 1,000. Default: 16.</summary>
    public int ToolCallsMax { get; set; } = 16;

    /// <summary>How long the endpoint may be silent, before its first and between two pieces. 10 ms to 10 minutes. Default: 60 seconds.</summary>
    public TimeSpan SilenceTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the health check waits for the endpoint. 10 ms to 1 minute. Default: 2 seconds.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How many answers within 30 seconds must have been asked for, three in five of them in vain, for the breaker to open. 2 to 1,000. Default: 2.</summary>
    public int BreakerCallsMin { get; set; } = 2;

    /// <summary>How long the breaker stays open before the next call is let through as a trial. 0.5 seconds to 1 hour. Default: 5 seconds.</summary>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The limits of what is remembered of conversations.</summary>
    public ConversationHistoryOptions History { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (Name.Length is 0 or > 64)
        {
            yield return $"Agent:Name has {Name.Length} characters; it must have 1 to 64.";
        }

        if (Endpoint is not null && (!Endpoint.IsAbsoluteUri || Endpoint.Scheme is not ("http" or "https")))
        {
            yield return "Agent:Endpoint must be an absolute http or https address, such as http://localhost:11434/v1.";
        }

        if (Endpoint is not null && string.IsNullOrWhiteSpace(Model))
        {
            yield return "Agent:Model is not set; it must name the model when Agent:Endpoint is set.";
        }

        if (Endpoint is null && !(string.IsNullOrEmpty(Model) && string.IsNullOrEmpty(ApiKey)))
        {
            yield return $"Agent:{(string.IsNullOrEmpty(Model) ? nameof(ApiKey) : nameof(Model))} is set and Agent:Endpoint is not; without an endpoint the embedded analyst answers, so set both or none.";
        }

        foreach (var fault in Ranges().Concat(History.Faults()))
        {
            yield return fault;
        }
    }

    private IEnumerable<string> Ranges() =>
    [
        .. SettingsShape.OutOfRange("Agent:Pace", Pace, TimeSpan.Zero, TimeSpan.FromSeconds(1)),
        .. SettingsShape.OutOfRange("Agent:SilenceTimeout", SilenceTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10)),
        .. SettingsShape.OutOfRange("Agent:ProbeTimeout", ProbeTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
        .. SettingsShape.OutOfRange("Agent:BreakDuration", BreakDuration, TimeSpan.FromSeconds(0.5), TimeSpan.FromHours(1)),
        .. SettingsShape.OutOfRange("Agent:QuestionCharactersMax", QuestionCharactersMax, 1, 1_000_000),
        .. SettingsShape.OutOfRange("Agent:AnswerCharactersMax", AnswerCharactersMax, 1, 1_000_000),
        .. SettingsShape.OutOfRange("Agent:RoundsMax", RoundsMax, 1, 100),
        .. SettingsShape.OutOfRange("Agent:ToolCallsMax", ToolCallsMax, 0, 1_000),
        .. SettingsShape.OutOfRange("Agent:BreakerCallsMin", BreakerCallsMin, 2, 1_000),
    ];
}
