using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Airlock.Server.Agent;

/// <summary>Pauses between the pieces of an answer and before each tool, so that a person can follow an embedded model.</summary>
/// <param name="pace">The pause after a piece; twenty times as long before a tool. None when it is zero.</param>
public sealed class PacedChatClient(IChatClient inner, TimeSpan pace, TimeProvider time) : DelegatingChatClient(inner)
{
    private const int PiecesPerTool = 20;

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            yield return update;
            var pause = update.Contents.Any(content => content is FunctionCallContent) ? PiecesPerTool * pace
                : update.Text.Length > 0 ? pace
                : TimeSpan.Zero;
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }
}
