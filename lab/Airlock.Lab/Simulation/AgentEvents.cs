namespace Airlock.Lab.Simulation;

/// <summary>The five events by which the incident's chat told an answer, and what an application sends of them.</summary>
public static class AgentEvents
{
    public const string Started = "agent_started";
    public const string Thinking = "agent_thinking";
    public const string ToolExecuting = "tool_executing";
    public const string ToolCompleted = "tool_completed";
    public const string Completed = "agent_completed";

    // Two, so that an end of the one is not taken for the end of the other.
    private static readonly string[] _tools = ["usage", "prices"];

    /// <summary>The five, in the order in which they first come.</summary>
    public static IReadOnlyList<string> Names { get; } = [Started, Thinking, ToolExecuting, ToolCompleted, Completed];

    /// <summary>What is streamed before the answer; the answer itself is the fifth event.</summary>
    /// <param name="message">The id of the message that is answered.</param>
    public static IEnumerable<string> Before(string message) =>
    [
        $"{Started} {message}",
        $"{Thinking} {message}",
        .. _tools.SelectMany(tool => new[] { $"{ToolExecuting} {message} {tool}", $"{ToolCompleted} {message} {tool}" }),
    ];

    /// <summary>Reads what a client was sent: an event before the answer (its name, the message, the tool), or an answer that is the last event (the message, the user, its name).</summary>
    /// <param name="content">The content.</param>
    /// <returns>The event, its message and its tool; null if it is none of the five.</returns>
    public static (string Name, string Message, string Tool)? Read(string content)
    {
        ArgumentNullException.ThrowIfNull(content);
        return content.Split(' ') switch
        {
            [var message, _, Completed] => (Completed, message, ""),
            [Started or Thinking, var message] words => (words[0], message, ""),
            [ToolExecuting or ToolCompleted, var message, var tool] words => (words[0], message, tool),
            _ => null,
        };
    }
}
