using Airlock.Core;

namespace Airlock.Tests.Harness;

/// <summary>A session in which something comes at the worst moment: just after the writer has found nothing more to send.</summary>
internal sealed class LateLog(ISessionLog log, byte[] late) : ISessionLog
{
    private int _looks;

    public string Id => log.Id;

    public Principal Principal => log.Principal;

    public IReadOnlyDictionary<string, string> Route => log.Route;

    public SessionPositions Positions => log.Positions;

    public OutboxEntry? After(long cursor)
    {
        var entry = log.After(cursor);
        // The first look fills up the message with ready; the second finds nothing to send at all.
        if (entry is null && Interlocked.Increment(ref _looks) == 2)
        {
            _ = log.PushAsync(late).AsTask();
        }

        return entry;
    }

    public ValueTask<AppendVerdict> AppendAsync(long generation, long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent = null) => log.AppendAsync(generation, sequence, id, payload, traceParent);

    public ValueTask<AckVerdict> AcknowledgeAsync(long generation, long sequence) => log.AcknowledgeAsync(generation, sequence);

    public ValueTask<AttachmentVerdict> StopAsync(long generation, long sequence) => log.StopAsync(generation, sequence);

    public ValueTask<AttachmentVerdict> EndInputAsync(long generation) => log.EndInputAsync(generation);

    public ValueTask DetachAsync(long generation, ConnectionEnd end) => log.DetachAsync(generation, end);

    public ValueTask EndAsync(CloseReason reason) => log.EndAsync(reason);

    public ValueTask RevokeAsync(CloseReason reason, TimeSpan? retryAfter) => log.RevokeAsync(reason, retryAfter);

    public ValueTask<TurnVerdict> PushAsync(ReadOnlyMemory<byte> payload) => log.PushAsync(payload);

    public ValueTask<bool> TryLeaseAsync() => log.TryLeaseAsync();

    public ValueTask<bool> ReleaseLeaseAsync(bool always) => log.ReleaseLeaseAsync(always);

    public ValueTask<TurnTry?> BeginTryAsync(Action<TurnTry> stopAsked) => log.BeginTryAsync(stopAsked);

    public ValueTask<TurnVerdict> StreamAsync(TurnTry turn, ReadOnlyMemory<byte> payload) => log.StreamAsync(turn, payload);

    public ValueTask<TurnVerdict> CommitAsync(TurnTry turn, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped) => log.CommitAsync(turn, replies, stopped);

    public ValueTask<TurnVerdict> FailAsync(TurnTry turn, string? nack) => log.FailAsync(turn, nack);

    public ValueTask RoomAsync(CancellationToken cancellationToken) => log.RoomAsync(cancellationToken);

    public void Announce(bool turnWaits) => log.Announce(turnWaits);
}
