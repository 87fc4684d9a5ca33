using System.Text.Json;
using System.Text.Json.Serialization;

namespace Airlock.Server.Agent;

/// <summary>
/// One thing that happened in a run. Order of a run: one <see cref="AgentStarted"/>; then any number of <see cref="AgentThinking"/>,
/// <see cref="AnswerDelta"/> and pairs of <see cref="ToolExecuting"/> and <see cref="ToolCompleted"/>; then exactly one of
/// <see cref="AgentCompleted"/> and <see cref="AgentError"/>. A stopped run has neither: its enumeration throws
/// <see cref="OperationCanceledException"/>. Immutable.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(AgentStarted), "agent_started")]
[JsonDerivedType(typeof(AgentThinking), "agent_thinking")]
[JsonDerivedType(typeof(ToolExecuting), "tool_executing")]
[JsonDerivedType(typeof(ToolCompleted), "tool_completed")]
[JsonDerivedType(typeof(AnswerDelta), "answer_delta")]
[JsonDerivedType(typeof(AgentCompleted), "agent_completed")]
[JsonDerivedType(typeof(AgentError), "agent_error")]
public abstract record AgentEvent
{
    /// <summary>Names the run; a repeated attempt at the same message is a run of its own.</summary>
    [JsonPropertyOrder(-3)]
    public string RunId { get; init; } = "";

    [JsonPropertyOrder(-2)]
    public string AgentName { get; init; } = "";

    [JsonPropertyOrder(-1)]
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>The event as JSON, names in snake_case, <c>type</c> first.</summary>
    public byte[] ToUtf8Json() => JsonSerializer.SerializeToUtf8Bytes(this, AgentJson.Default.AgentEvent);
}

/// <summary>The run began.</summary>
public sealed record AgentStarted : AgentEvent;

/// <summary>What the agent is about to do, in a short sentence.</summary>
public sealed record AgentThinking(string Text) : AgentEvent;

/// <summary>A tool is about to run. Exactly one <see cref="ToolCompleted"/> with the same call id follows, also when the run is stopped.</summary>
/// <param name="CallId">Names the call within the run.</param>
public sealed record ToolExecuting(string Tool, string CallId) : AgentEvent;

/// <summary>A tool ended.</summary>
/// <param name="Ok">False when it failed; the summary then says what is wrong.</param>
/// <param name="Summary">One line for the user.</param>
public sealed record ToolCompleted(string Tool, string CallId, bool Ok, string Summary) : AgentEvent;

/// <summary>The next piece of the answer, Markdown. The pieces in order are the text of <see cref="AgentCompleted"/>.</summary>
public sealed record AnswerDelta(string Text) : AgentEvent;

/// <summary>The run ended with an answer.</summary>
/// <param name="Text">The whole answer, Markdown.</param>
/// <param name="ToolCount">How many tools ran.</param>
public sealed record AgentCompleted(string Text, int ToolCount) : AgentEvent;

/// <summary>The run ended without an answer. Holds nothing about the inside of the server.</summary>
/// <param name="Cause">One of the constants of <see cref="AgentCause"/>, for a program.</param>
/// <param name="Message">What happened, for a person.</param>
/// <param name="Action">What the person can do now.</param>
public sealed record AgentError(string Cause, string Message, string Action) : AgentEvent;
