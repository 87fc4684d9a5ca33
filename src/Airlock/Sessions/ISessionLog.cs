using Airlock.Core;

namespace Airlock;

/// <summary>One session as its store keeps it. Two roles use it, which may sit on different nodes: the attachment (fenced by generation) and the processor (fenced by lease).</summary>
/// <remarks>
/// Every method is one atomic step. Safe for concurrent use. A method may throw, or not answer: the attachment's connection then closes with
/// <see cref="CloseReason.StoreUnavailable"/>, and the processor asks again until it is answered; so what was done all the same must be answered as done when it is asked again
/// (but for <see cref="StreamAsync"/>: its try fails, is withdrawn, and is made again). A method may take its time, but not the caller's thread.
/// </remarks>
public interface ISessionLog
{
    /// <summary>The session's id; a secret of its client.</summary>
    string Id { get; }

    /// <summary>Whose it is.</summary>
    Principal Principal { get; }

    /// <summary>The values of the route where it was made: <see cref="AttachRequest.Route"/>.</summary>
    IReadOnlyDictionary<string, string> Route { get; }

    /// <summary>The counters as known here.</summary>
    SessionPositions Positions { get; }

    /// <summary>The first entry after a cursor, or null if there is none yet.</summary>
    /// <param name="cursor">The number of the last entry read.</param>
    OutboxEntry? After(long cursor);

    /// <summary>Attachment: stores a client's message.</summary>
    /// <param name="generation">The attachment's generation.</param>
    /// <param name="sequence">The message's number.</param>
    /// <param name="id">Its idempotency key.</param>
    /// <param name="payload">Its payload; not changed afterwards.</param>
    /// <param name="traceParent">What the client was doing (<see cref="TraceParent"/>), or null. Goes with the message but is no part of its content: a repeat may come with another.</param>
    ValueTask<AppendVerdict> AppendAsync(long generation, long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent = null);

    /// <summary>Attachment: applies the client's acknowledgement.</summary>
    /// <param name="generation">The attachment's generation.</param>
    /// <param name="sequence">The highest server number handled.</param>
    ValueTask<AckVerdict> AcknowledgeAsync(long generation, long sequence);

    /// <summary>Attachment: the client's wish to stop a message.</summary>
    /// <param name="generation">The attachment's generation.</param>
    /// <param name="sequence">The message's number.</param>
    ValueTask<AttachmentVerdict> StopAsync(long generation, long sequence);

    /// <summary>Attachment: no more input comes; the session ends when everything accepted is done.</summary>
    /// <param name="generation">The attachment's generation.</param>
    ValueTask<AttachmentVerdict> EndInputAsync(long generation);

    /// <summary>Attachment: the connection is over.</summary>
    /// <param name="generation">The attachment's generation; an older one has no say.</param>
    /// <param name="end">How it ended.</param>
    ValueTask DetachAsync(long generation, ConnectionEnd end);

    /// <summary>Ends the session: nothing is stored or appended any more, and an attached connection is revoked.</summary>
    /// <param name="reason">Why.</param>
    ValueTask EndAsync(CloseReason reason);

    /// <summary>Revokes the attachment but keeps the session.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="retryAfter">When the client is to come back, or null if that is up to it.</param>
    ValueTask RevokeAsync(CloseReason reason, TimeSpan? retryAfter);

    /// <summary>Appends a message nobody asked for.</summary>
    /// <param name="payload">The payload; not changed afterwards.</param>
    ValueTask<TurnVerdict> PushAsync(ReadOnlyMemory<byte> payload);

    /// <summary>Processor: takes the lease.</summary>
    /// <returns>Whether it was free; then it must be released. If this throws, it was not taken.</returns>
    ValueTask<bool> TryLeaseAsync();

    /// <summary>Processor: gives the lease back, unless there is something to handle.</summary>
    /// <param name="always">Give it back in any case.</param>
    /// <returns>Whether it was given back. If this throws, it was not.</returns>
    ValueTask<bool> ReleaseLeaseAsync(bool always);

    /// <summary>Processor: begins the next try of the next message; refuses duplicates of other sessions on the way.</summary>
    /// <param name="stopAsked">Called with the try, at most once and outside any lock, when the client asks to stop it or the session ends; maybe before this returns.</param>
    /// <returns>The try, or null if there is nothing to handle. Asked again while one is live: that one.</returns>
    ValueTask<TurnTry?> BeginTryAsync(Action<TurnTry> stopAsked);

    /// <summary>Processor: appends a provisional entry.</summary>
    /// <param name="turn">The try.</param>
    /// <param name="payload">The payload; not changed afterwards.</param>
    ValueTask<TurnVerdict> StreamAsync(TurnTry turn, ReadOnlyMemory<byte> payload);

    /// <summary>Processor: commits replies, <c>end</c> and done in one step. The attachment is told by <see cref="Announce"/>, so that several turns make one message.</summary>
    /// <param name="turn">The try.</param>
    /// <param name="replies">What was staged; the list is used again after the call.</param>
    /// <param name="stopped">Whether the client's stop ended it.</param>
    ValueTask<TurnVerdict> CommitAsync(TurnTry turn, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped);

    /// <summary>Processor: fails the try; what it streamed is withdrawn.</summary>
    /// <param name="turn">The try.</param>
    /// <param name="nack">The cause to give the message up with, or null if it is tried again.</param>
    ValueTask<TurnVerdict> FailAsync(TurnTry turn, string? nack);

    /// <summary>Processor: waits until the outbox is not full, or the session has ended.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask RoomAsync(CancellationToken cancellationToken);

    /// <summary>Processor: tells the attachment that what was committed, and the positions, are worth sending.</summary>
    /// <param name="turnWaits">Whether the handler is still running: then the attachment is also told of each message that is stored meanwhile, so that its acknowledgement is not held back until the commit.</param>
    void Announce(bool turnWaits);
}
