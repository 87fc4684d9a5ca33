namespace Airlock.Client;

/// <summary>A message of the application, kept until the server has finished it.</summary>
/// <param name="id">Its idempotency key.</param>
/// <param name="payload">One JSON value as UTF-8.</param>
/// <param name="traceParent">What the application was doing, or null.</param>
internal sealed class OutboxMessage(string id, ReadOnlyMemory<byte> payload, string? traceParent = null)
{
    public string Id { get; } = id;

    public ReadOnlyMemory<byte> Payload { get; } = payload;

    public string? TraceParent { get; private set; } = traceParent;

    public Receipt Receipt { get; } = new(id);

    /// <summary>Whether the application wants it stopped.</summary>
    public bool StopAsked { get; set; }

    /// <summary>What is traced may not decide what is sent: without it the message may fit.</summary>
    public bool Untrace()
    {
        var wasTraced = TraceParent is not null;
        TraceParent = null;
        return wasTraced;
    }

    /// <summary>Whether an <c>end</c> said that a stop ended it.</summary>
    public bool Stopped { get; set; }

    /// <summary>What a <c>nack</c> said, or null.</summary>
    public AirlockRefusedException? Refused { get; set; }

    /// <summary>Whether it is known how it ended, though the <c>d</c> that covers it may not have come yet.</summary>
    public bool HasEnded => Stopped || Refused is not null;
}
