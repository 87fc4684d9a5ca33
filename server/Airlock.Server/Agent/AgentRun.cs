using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Airlock.Server.Agent;

/// <summary>
/// Answers one question with a model and its tools, and tells every step. Holds no state of a run, so any number of runs may go on at once;
/// the enumeration of one run has one consumer.
/// </summary>
public sealed partial class AgentRun(
    IChatClient model,
    ConversationHistory history,
    AgentTools tools,
    IOptions<AgentOptions> options,
    TimeProvider time,
    ILogger<AgentRun> logger)
{
    private const int ThinkingCharactersMax = 400;
    private const int SummaryCharactersMax = 300;
    private const int ToolNameCharactersMax = 64;

    private readonly AgentOptions _options = options.Value;

    /// <summary>Asks and yields the events of the run as they happen, in the order that <see cref="AgentEvent"/> describes.</summary>
    /// <param name="user">Whose conversation it is: the key of the history.</param>
    /// <param name="messageId">
    /// The message's id. Another attempt at the same message passes the same id: it does not see the earlier attempt in the history and
    /// replaces it there. The exchange is kept just before <see cref="AgentCompleted"/>; a failed or stopped run leaves no trace.
    /// </param>
    /// <param name="stop">Stops the run: a running tool still gets its <see cref="ToolCompleted"/>, then the enumeration throws.</param>
    /// <exception cref="OperationCanceledException">The run was stopped. Nothing else is thrown; failures are <see cref="AgentError"/>.</exception>
    public async IAsyncEnumerable<AgentEvent> AskAsync(
        string user, string messageId, string question, [EnumeratorCancellation] CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(messageId);
        ArgumentNullException.ThrowIfNull(question);
        var runId = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        await foreach (var step in StepsAsync(runId, user, messageId, question, stop))
        {
            yield return step with { RunId = runId, AgentName = _options.Name, Timestamp = time.GetUtcNow() };
        }
    }

    private async IAsyncEnumerable<AgentEvent> StepsAsync(
        string runId, string user, string messageId, string question, [EnumeratorCancellation] CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        yield return new AgentStarted();
        if (string.IsNullOrWhiteSpace(question) || question.Length > _options.QuestionCharactersMax)
        {
            yield return new AgentError(
                AgentCause.BadQuestion,
                "The question is empty or too long.",
                $"Ask with 1 to {_options.QuestionCharactersMax} characters.");
            yield break;
        }

        yield return new AgentThinking("Reading the question.");
        List<ChatMessage> conversation = [.. history.Recall(user, messageId), new ChatMessage(ChatRole.User, question)];
        var functions = tools(conversation);
        var chatOptions = new ChatOptions { Tools = [.. functions] };
        conversation.Insert(0, new ChatMessage(ChatRole.System, _options.Instructions));
        var answer = new StringBuilder();
        var toolCount = 0;

        for (var round = 0; round < _options.RoundsMax; round++)
        {
            var updates = new List<ChatResponseUpdate>();
            var thinking = new StringBuilder();
            var isFirstText = true;
            await using var stream = new ModelStream(() => model.GetStreamingResponseAsync(conversation, chatOptions, stop), stop);
            while (await stream.NextAsync() is { } update)
            {
                updates.Add(update);
                var reasoning = string.Concat(update.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
                thinking.Append(reasoning);

                // A thought arrives in pieces; it is whole when something else follows.
                if (reasoning.Length == 0 && Thought(thinking) is { } thought)
                {
                    yield return thought;
                }

                if (update.Text.Length == 0)
                {
                    continue;
                }

                // What a model says before and after its tools are two paragraphs of one answer.
                var text = isFirstText && answer.Length > 0 ? "\n\n" + update.Text : update.Text;
                isFirstText = false;
                if (answer.Length + text.Length > _options.AnswerCharactersMax)
                {
                    yield return TooMuch("The answer became too long.");
                    yield break;
                }

                answer.Append(text);
                yield return new AnswerDelta(text);
            }

            if (stream.Failure is { } failure)
            {
                yield return Report(runId, failure);
                yield break;
            }

            if (Thought(thinking) is { } lastThought)
            {
                yield return lastThought;
            }

            var calls = updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().ToList();
            if (calls.Count == 0)
            {
                yield return Finish(user, messageId, question, answer.ToString(), toolCount);
                yield break;
            }

            conversation.AddMessages(updates);
            foreach (var call in calls)
            {
                if (toolCount == _options.ToolCallsMax)
                {
                    yield return TooMuch("The agent wanted to use too many tools.");
                    yield break;
                }

                var name = Clip(call.Name, ToolNameCharactersMax);
                var callId = $"tool-{++toolCount}";
                yield return new ToolExecuting(name, callId);
                var outcome = await RunToolAsync(runId, functions, call, stop);
                yield return new ToolCompleted(name, callId, outcome.Ok, Clip(outcome.Summary, SummaryCharactersMax));
                stop.ThrowIfCancellationRequested();
                conversation.Add(new ChatMessage(ChatRole.Tool, [new FunctionResultContent(call.CallId, outcome.Result)]));
            }
        }

        yield return TooMuch("The agent needed too many steps.");
    }

    private AgentEvent Finish(string user, string messageId, string question, string answer, int toolCount)
    {
        if (string.IsNullOrWhiteSpace(answer))
        {
            return new AgentError(AgentCause.EmptyAnswer, "The model gave no answer.", "Ask again, perhaps in other words.");
        }

        history.Remember(user, messageId, question, answer);
        return new AgentCompleted(answer, toolCount);
    }

    private async Task<ToolOutcome> RunToolAsync(
        string runId, IReadOnlyList<AIFunction> functions, FunctionCallContent call, CancellationToken stop)
    {
        var function = functions.FirstOrDefault(function => function.Name == call.Name);
        if (function is null)
        {
            return ToolOutcome.Failed("There is no such tool.");
        }

        if (call.Exception is not null)
        {
            return ToolOutcome.Failed("The tool's arguments could not be read.");
        }

        try
        {
            stop.ThrowIfCancellationRequested();
            var result = await function.InvokeAsync(new AIFunctionArguments(call.Arguments), stop);
            return new ToolOutcome(true, SummaryOf(result), result);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ToolOutcome.Failed("Stopped.");
        }
        catch (AgentToolException problem)
        {
            return ToolOutcome.Failed(problem.Message);
        }
        catch (ArgumentException)
        {
            // The model left out an argument or gave one of another type; it may try again.
            return ToolOutcome.Failed("The tool's arguments do not fit.");
        }
#pragma warning disable CA1031 // A tool may throw anything; the run tells it and goes on.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            LogToolFault(runId, function.Name, fault);
            return ToolOutcome.Failed("The tool failed because of a fault in this server.");
        }
    }

    private AgentError Report(string runId, Exception failure)
    {
        var error = AgentFailure.Explain(failure);
        if (error.Cause == AgentCause.Internal)
        {
            LogFault(runId, failure);
        }
        else
        {
            // Not the message: an endpoint may repeat the key that it refuses.
            LogModelFailure(runId, error.Cause, failure.GetType().Name);
        }

        return error;
    }

    private static AgentThinking? Thought(StringBuilder thinking)
    {
        var text = thinking.ToString().Trim();
        thinking.Clear();
        return text.Length == 0 ? null : new AgentThinking(Clip(text, ThinkingCharactersMax));
    }

    private static AgentError TooMuch(string message) => new(AgentCause.LimitReached, message, "Ask for less at once.");

    private static string SummaryOf(object? result) =>
        result is JsonElement { ValueKind: JsonValueKind.Object } json
        && json.TryGetProperty("summary", out var summary)
        && summary.ValueKind == JsonValueKind.String
            ? summary.GetString()!
            : "Done.";

    private static string Clip(string text, int charactersMax) => text.Length <= charactersMax ? text : text[..(charactersMax - 1)] + "…";

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Run {RunId}: no answer from the model ({Cause}, {Failure}).")]
    private partial void LogModelFailure(string runId, string cause, string failure);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Run {RunId} ended in a fault.")]
    private partial void LogFault(string runId, Exception fault);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "Run {RunId}: the tool {Tool} ended in a fault.")]
    private partial void LogToolFault(string runId, string tool, Exception fault);

    private sealed record ToolOutcome(bool Ok, string Summary, object? Result)
    {
        public static ToolOutcome Failed(string problem) =>
            new(false, problem, JsonSerializer.SerializeToElement(new ToolFailure(problem), AgentJson.Default.ToolFailure));
    }

    /// <summary>A model's stream whose failure is a value, because an iterator cannot yield from a catch.</summary>
    private sealed class ModelStream(Func<IAsyncEnumerable<ChatResponseUpdate>> ask, CancellationToken stop) : IAsyncDisposable
    {
        private IAsyncEnumerator<ChatResponseUpdate>? _updates;

        public Exception? Failure { get; private set; }

        public async ValueTask<ChatResponseUpdate?> NextAsync()
        {
            try
            {
                _updates ??= ask().GetAsyncEnumerator(stop);
                return await _updates.MoveNextAsync() ? _updates.Current : null;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                throw;
            }
#pragma warning disable CA1031 // Clients of models throw what they like; the run ends with one error for the user.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                // A stopped run ends as stopped, whatever the broken stream says about it.
                stop.ThrowIfCancellationRequested();
                Failure = failure;
                return null;
            }
        }

        public ValueTask DisposeAsync() => _updates?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
