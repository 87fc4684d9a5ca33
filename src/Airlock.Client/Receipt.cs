namespace Airlock.Client;

/// <summary>What the sender of a message holds. Safe for concurrent use.</summary>
public sealed class Receipt
{
    private readonly TaskCompletionSource<MessageOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Receipt(string id) => Id = id;

    /// <summary>The message's id: its idempotency key, the same on every connection and in every session.</summary>
    public string Id { get; }

    /// <summary>
    /// Completes when the server has finished the message. Faults with <see cref="AirlockRefusedException"/> if it was refused, and with
    /// <see cref="AirlockClosedException"/> if the client stopped for good first: then nobody here knows whether it was handled.
    /// A fault that nobody awaits is not reported as unobserved.
    /// </summary>
    public Task<MessageOutcome> Done => _done.Task;

    internal void Finish(MessageOutcome outcome) => _done.TrySetResult(outcome);

    internal void Fail(Exception why)
    {
        _done.TrySetException(why);
        // Read once, so that a receipt nobody looks at does not count as an unobserved exception.
        _ = _done.Task.Exception;
    }
}
