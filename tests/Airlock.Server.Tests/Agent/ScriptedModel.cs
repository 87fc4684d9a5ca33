using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Airlock.Server.Tests.Agent;

/// <summary>
/// A model that plays one script per round: text is text, a <see cref="FunctionCallContent"/> a call, an exception is thrown, and a task is
/// waited for.
/// </summary>
internal sealed class ScriptedModel(params object[][] rounds) : IChatClient
{
    public List<List<ChatMessage>> Asked { get; } = [];

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Asked.Add([.. messages]);
        var script = rounds[Math.Min(Asked.Count, rounds.Length) - 1];
        foreach (var step in script)
        {
            if (step is not Exception)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            switch (step)
            {
                case Exception failure:
                    throw failure;
                case Task task:
                    await task.WaitAsync(cancellationToken);
                    break;
                case AIContent content:
                    yield return new ChatResponseUpdate(ChatRole.Assistant, [content]);
                    break;
                default:
                    yield return new ChatResponseUpdate(ChatRole.Assistant, step.ToString());
                    break;
            }
        }

        yield return new ChatResponseUpdate(ChatRole.Assistant, []) { FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }
}
