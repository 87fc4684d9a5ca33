using System.Text.Json;
using Airlock.Server.Agent;
using Microsoft.Extensions.AI;

namespace Airlock.Server.Chat;

/// <summary>What the socket at <c>/chat</c> does with a message: ask the agent, or tell the conversation so far.</summary>
public static class ChatEndpoint
{
    /// <summary>Handles one message. Steps and answer stream as they come; how a run ends is committed with the turn.</summary>
    public static async Task HandleAsync(Turn turn, AgentRun agent, ConversationHistory history, Sessions sessions, CancellationToken stop)
    {
        switch (RequestOf(turn))
        {
            case { Type: "ask", Text: { } text } request:
                await AskAsync(turn, agent, request.Csv is null ? text : $"{text}\n\n```csv\n{request.Csv}\n```", stop);
                await sessions.SendAsync(SessionTarget.OfUser(turn.Principal.Issuer, turn.Principal.Subject), new HistoryChanged(), CancellationToken.None);
                break;
            case { Type: "history" }:
                await turn.SendAsync(new HistoryReply("history", history.Recall(turn.Principal.Key).Select(static m => new HistoryMessage(m.Role == ChatRole.User ? "user" : "assistant", m.Text, m.MessageId)).ToArray()));
                break;
            default:
                await turn.SendAsync(new Refused("refused", "unknown_request", "Send {\"type\":\"ask\",\"text\":…} or {\"type\":\"history\"}."));
                break;
        }
    }

    /// <summary>The request; null if it is no object of that form, which another try would not change.</summary>
    private static ChatRequest? RequestOf(Turn turn)
    {
        try
        {
            return turn.As<ChatRequest>();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task AskAsync(Turn turn, AgentRun agent, string question, CancellationToken stop)
    {
        await foreach (var step in agent.AskAsync(turn.Principal.Key, turn.MessageId, question, stop))
        {
            if (step is AgentCompleted or AgentError)
            {
                await turn.SendRawAsync(step.ToUtf8Json());
            }
            else
            {
                await turn.StreamRawAsync(step.ToUtf8Json());
            }
        }
    }

    private sealed record ChatRequest(string? Type, string? Text, string? Csv);

    private sealed record HistoryReply(string Type, IReadOnlyList<HistoryMessage> Messages);

    private sealed record HistoryMessage(string Role, string Text, string? Id);

    private sealed record HistoryChanged(string Type = "history_changed");

    private sealed record Refused(string Type, string Cause, string Message);
}
