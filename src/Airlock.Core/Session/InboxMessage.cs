namespace Airlock.Core;

/// <summary>A client's message as stored. Immutable but for the wish to stop it.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Id">Its idempotency key.</param>
/// <param name="Payload">One JSON value as UTF-8 (raw text in plain mode).</param>
public sealed record InboxMessage(long Sequence, string Id, ReadOnlyMemory<byte> Payload)
{
    /// <summary>What the client was doing when it sent the message (<see cref="Core.TraceParent"/>), or null. No part of its content: a repeat may come with another.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Whether the client asked to stop it.</summary>
    public bool StopAsked { get; internal set; }
}
