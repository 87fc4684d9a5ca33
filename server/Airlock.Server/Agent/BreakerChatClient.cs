using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;

namespace Airlock.Server.Agent;

/// <summary>
/// Asks a model behind the <see cref="AgentBreaker"/>: a call that cannot be made, is silent for too long or breaks off in its stream counts
/// as a failure; one that the caller cancels does not.
/// </summary>
/// <param name="silenceTimeout">How long the model may be silent; then the call fails with <see cref="TimeoutException"/>.</param>
public sealed class BreakerChatClient(IChatClient inner, AgentBreaker breaker, TimeSpan silenceTimeout, TimeProvider time)
    : DelegatingChatClient(inner)
{
    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="BrokenCircuitException">The breaker is open; the model was not asked.</exception>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var call = await breaker.BeginAsync();
        using var silence = new CancellationTokenSource(silenceTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        var isSettled = false;
        var hasAnswered = false;
        ChatFinishReason? finished = null;
        try
        {
            await using var updates = base.GetStreamingResponseAsync(messages, options, either.Token).GetAsyncEnumerator(either.Token);
            while (true)
            {
                bool hasNext;
                try
                {
                    hasNext = await updates.MoveNextAsync();
                    if (!hasNext && finished is null)
                    {
                        throw new IOException("The stream ended before the model said that it had finished.");
                    }
                }
                catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
                {
                    var cause = silence.IsCancellationRequested
                        ? new TimeoutException($"The model was silent for {silenceTimeout}.", failure)
                        : failure;
                    isSettled = true;
                    await (AgentFailure.IsOfTheEndpoint(cause) ? call.FailedAsync(cause) : call.UncountedAsync(hasAnswered: true));
                    if (cause == failure)
                    {
                        throw;
                    }

                    throw cause;
                }

                if (!hasNext)
                {
                    isSettled = true;

                    // One answer takes several calls; if each counted, a model whose answers always break off would never be paused.
                    await (finished == ChatFinishReason.ToolCalls ? call.UncountedAsync(hasAnswered: true) : call.SucceededAsync());
                    yield break;
                }

                hasAnswered = true;
                finished = updates.Current.FinishReason ?? finished;
                // The consumer's own time does not count as the model's silence.
                silence.CancelAfter(Timeout.InfiniteTimeSpan);
                yield return updates.Current;
                silence.CancelAfter(silenceTimeout);
            }
        }
        finally
        {
            if (!isSettled)
            {
                await call.UncountedAsync(hasAnswered);
            }
        }
    }
}
