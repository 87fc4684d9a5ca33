using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Airlock.Server.Agent;

/// <summary>Pauses between the pieces of an answer, so that a person sees an embedded model's answer stream.</summary>
/// <param name="pace">The pause; none when it is zero.</param>
public sealed class PacedChatClient(IChatClient inner, TimeSpan pace, TimeProvider time) : DelegatingChatClient(inner)
{
    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            yield return update;
            if (pace > TimeSpan.Zero && update.Text.Length > 0)
            {
                await Task.Delay(pace, time, cancellationToken);
            }
        }
    }
}
