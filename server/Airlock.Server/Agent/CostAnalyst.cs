using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Airlock.Server.Agent;

/// <summary>
/// The embedded model: answers questions about AI spend without a network, a clock or chance. The same conversation always gets the same
/// reply. Like any model it asks for tools and reads their answers from the conversation; it computes no figure itself. Any number of
/// callers at once.
/// </summary>
public sealed class CostAnalyst : IChatClient
{
    private const int WordsPerPiece = 2;

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var conversation = messages.ToList();
        var question = CostQuestion.Read(conversation);
        var results = Results(conversation);
        var available = options?.Tools?.Select(tool => tool.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        var next = results.Values.Any(IsFailure) ? null : question.Tools().FirstOrDefault(tool => !results.ContainsKey(tool));
        if (next is not null && available.Contains(next))
        {
            yield return Update(new TextReasoningContent(Thought(next, question)));
            yield return Update(new FunctionCallContent($"call-{next}", next, Arguments(next, question)), ChatFinishReason.ToolCalls);
            yield break;
        }

        var answer = next is null ? CostAnswer.Write(question, results) : CostAnswer.ToolMissing;
        foreach (var piece in Pieces(answer))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Update(new TextContent(piece));
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, []) { FinishReason = ChatFinishReason.Stop };
        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held.
    }

    /// <summary>What the tools answered since the last question, by the tool's name.</summary>
    private static Dictionary<string, JsonElement> Results(List<ChatMessage> conversation)
    {
        var contents = conversation
            .Skip(conversation.FindLastIndex(message => message.Role == ChatRole.User) + 1)
            .SelectMany(message => message.Contents)
            .ToList();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var results = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var content in contents)
        {
            if (content is FunctionCallContent call)
            {
                names[call.CallId] = call.Name;
            }
            else if (content is FunctionResultContent { Result: JsonElement json } result && names.TryGetValue(result.CallId, out var name))
            {
                results[name] = json;
            }
        }

        return results;
    }

    private static bool IsFailure(JsonElement result) => CostAnswer.Failure(result) is not null;

    private static string Thought(string tool, CostQuestion question) => tool switch
    {
        UsageTools.LoadUsage when question.Source == UsageTools.Pasted => "I will read the usage data that you pasted.",
        UsageTools.LoadUsage => "I will load the bundled sample; you can paste your own usage as CSV at any time.",
        UsageTools.CostByModel => "Now I will add up what each model cost.",
        UsageTools.CostByDay => "Next I will look at the days: the trend, the peaks and the weekends.",
        _ => "I will check the usage for calls that could have been cheaper.",
    };

    private static Dictionary<string, object?>? Arguments(string tool, CostQuestion question) =>
        tool == UsageTools.LoadUsage ? new Dictionary<string, object?> { ["source"] = question.Source } : null;

    private static ChatResponseUpdate Update(AIContent content, ChatFinishReason? finished = null) =>
        new(ChatRole.Assistant, [content]) { FinishReason = finished };

    /// <summary>The text in pieces of a few words; joined, they are the text.</summary>
    private static IEnumerable<string> Pieces(string text)
    {
        var start = 0;
        var words = 0;
        for (var at = 1; at < text.Length; at++)
        {
            if (!char.IsWhiteSpace(text[at]) && char.IsWhiteSpace(text[at - 1]) && ++words == WordsPerPiece)
            {
                yield return text[start..at];
                (start, words) = (at, 0);
            }
        }

        yield return text[start..];
    }
}
