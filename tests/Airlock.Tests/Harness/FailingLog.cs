using Airlock.Core;

namespace Airlock.Tests.Harness;

/// <summary>A session whose store fails as a test says: before or after it has done what it was asked, or it does not answer, or it says that somebody else has the session now.</summary>
internal sealed class FailingLog(ISessionLog log) : ISessionLog
{
    /// <summary>Called with the name of each call before it is made; may throw, or take as long as it likes.</summary>
    public Func<string, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Called with the name of each call after it was made.</summary>
    public Func<string, Task> After { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Which calls are fenced.</summary>
    public string? Fenced { get; set; }

    public string Id => log.Id;

    public Principal Principal => log.Principal;

    public IReadOnlyDictionary<string, string> Route => log.Route;

    public SessionPositions Positions => AtOnce("Positions", log.Positions);

    OutboxEntry? ISessionLog.After(long cursor) => AtOnce("After", log.After(cursor));

    public ValueTask<AppendVerdict> AppendAsync(long generation, long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent = null) =>
        AskAsync("Append", () => log.AppendAsync(generation, sequence, id, payload, traceParent), AppendVerdict.Fenced);

    public ValueTask<AckVerdict> AcknowledgeAsync(long generation, long sequence) => AskAsync("Acknowledge", () => log.AcknowledgeAsync(generation, sequence), AckVerdict.Fenced);

    public ValueTask<AttachmentVerdict> StopAsync(long generation, long sequence) => AskAsync("Stop", () => log.StopAsync(generation, sequence), AttachmentVerdict.Fenced);

    public ValueTask<AttachmentVerdict> EndInputAsync(long generation) => AskAsync("EndInput", () => log.EndInputAsync(generation), AttachmentVerdict.Fenced);

    public async ValueTask DetachAsync(long generation, ConnectionEnd end) => await AskAsync("Detach", () => Answered(log.DetachAsync(generation, end)));

    public async ValueTask EndAsync(CloseReason reason) => await AskAsync("End", () => Answered(log.EndAsync(reason)));

    public async ValueTask RevokeAsync(CloseReason reason, TimeSpan? retryAfter) => await AskAsync("Revoke", () => Answered(log.RevokeAsync(reason, retryAfter)));

    public ValueTask<TurnVerdict> PushAsync(ReadOnlyMemory<byte> payload) => AskAsync("Push", () => log.PushAsync(payload));

    public ValueTask<bool> TryLeaseAsync() => AskAsync("TryLease", log.TryLeaseAsync);

    public ValueTask<bool> ReleaseLeaseAsync(bool always) => AskAsync("ReleaseLease", () => log.ReleaseLeaseAsync(always));

    public ValueTask<TurnTry?> BeginTryAsync(Action<TurnTry> stopAsked) => AskAsync("BeginTry", () => log.BeginTryAsync(stopAsked));

    public ValueTask<TurnVerdict> StreamAsync(TurnTry turn, ReadOnlyMemory<byte> payload) => AskAsync("Stream", () => log.StreamAsync(turn, payload), TurnVerdict.Fenced);

    public ValueTask<TurnVerdict> CommitAsync(TurnTry turn, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped) => AskAsync("Commit", () => log.CommitAsync(turn, replies, stopped));

    public ValueTask<TurnVerdict> FailAsync(TurnTry turn, string? nack) => AskAsync("Fail", () => log.FailAsync(turn, nack));

    public async ValueTask RoomAsync(CancellationToken cancellationToken) => await AskAsync("Room", () => Answered(log.RoomAsync(cancellationToken)));

    public void Announce(bool turnWaits)
    {
        AtOnce("Announce", true);
        log.Announce(turnWaits);
    }

    private ValueTask<T> AskAsync<T>(string call, Func<ValueTask<T>> ask, T fenced) => Fenced == call ? new(fenced) : AskAsync(call, ask);

    private async ValueTask<T> AskAsync<T>(string call, Func<ValueTask<T>> ask)
    {
        await Before(call);
        var answer = await ask();
        await After(call);
        return answer;
    }

    private T AtOnce<T>(string call, T answer)
    {
        // Nothing to wait for in these: they throw or they do not.
        _ = Before(call);
        return answer;
    }

    private static async ValueTask<bool> Answered(ValueTask call)
    {
        await call;
        return true;
    }
}
