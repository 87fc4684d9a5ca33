using System.Globalization;
using Airlock.Core;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Production;

/// <summary>One session as the driver sees it, with every verdict written down.</summary>
internal sealed class ObservedLog(ISessionLog log, string name, World world) : ISessionLog
{
    /// <summary>What traces call the session; its id is long.</summary>
    public string Name => name;

    public string Id => log.Id;

    public Principal Principal => log.Principal;

    public IReadOnlyDictionary<string, string> Route => log.Route;

    public SessionPositions Positions => log.Positions;

    public OutboxEntry? After(long cursor) => log.After(cursor);

    public async ValueTask<AppendVerdict> AppendAsync(long generation, long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent = null)
    {
        await world.Store.BeforeAsync(StoreCall.Append);
        var verdict = await log.AppendAsync(generation, sequence, id, payload, traceParent);
        world.Trace.Add(TraceKind.Stored, "", name, generation.ToString(CultureInfo.InvariantCulture), verdict.ToString(), sequence);
        if (verdict == AppendVerdict.Stored)
        {
            world.Trace.Add(TraceKind.Denoted, "", $"{name} up", to: id, number: sequence);
        }

        NotePositions();
        world.Store.After(StoreCall.Append);
        return verdict;
    }

    public async ValueTask<AckVerdict> AcknowledgeAsync(long generation, long sequence)
    {
        await world.Store.BeforeAsync(StoreCall.Acknowledge);
        var verdict = await log.AcknowledgeAsync(generation, sequence);
        world.Store.After(StoreCall.Acknowledge);
        return verdict;
    }

    public ValueTask<AttachmentVerdict> StopAsync(long generation, long sequence) => log.StopAsync(generation, sequence);

    public ValueTask<AttachmentVerdict> EndInputAsync(long generation) => log.EndInputAsync(generation);

    public async ValueTask DetachAsync(long generation, ConnectionEnd end)
    {
        await log.DetachAsync(generation, end);
        world.Trace.Add(TraceKind.Detached, "", name, number: generation);
        world.Trace.Add(TraceKind.Released, "", "attachment", to: $"{name} {generation}");
    }

    public ValueTask EndAsync(CloseReason reason) => log.EndAsync(reason);

    public ValueTask RevokeAsync(CloseReason reason, TimeSpan? retryAfter) => log.RevokeAsync(reason, retryAfter);

    public ValueTask<TurnVerdict> PushAsync(ReadOnlyMemory<byte> payload) => log.PushAsync(payload);

    public ValueTask<bool> TryLeaseAsync() => log.TryLeaseAsync();

    public async ValueTask<bool> ReleaseLeaseAsync(bool always)
    {
        if (world.Store.IsRemote)
        {
            await Task.Yield();
        }

        return await log.ReleaseLeaseAsync(always);
    }

    public async ValueTask<TurnTry?> BeginTryAsync(Action<TurnTry> stopAsked)
    {
        var turn = await log.BeginTryAsync(stopAsked);
        if (turn is not null)
        {
            world.Trace.Add(TraceKind.TryBegan, "", name, turn.Number.ToString(CultureInfo.InvariantCulture), number: turn.Message.Sequence);
        }

        return turn;
    }

    public ValueTask<TurnVerdict> StreamAsync(TurnTry turn, ReadOnlyMemory<byte> payload) => log.StreamAsync(turn, payload);

    public async ValueTask<TurnVerdict> CommitAsync(TurnTry turn, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped)
    {
        await world.Store.BeforeAsync(StoreCall.Commit);
        var verdict = await log.CommitAsync(turn, replies, stopped);
        NoteEnd(turn, $"commit {verdict}");
        world.Store.After(StoreCall.Commit);
        return verdict;
    }

    public async ValueTask<TurnVerdict> FailAsync(TurnTry turn, string? nack)
    {
        var verdict = await log.FailAsync(turn, nack);
        NoteEnd(turn, $"fail {verdict}");
        return verdict;
    }

    public ValueTask RoomAsync(CancellationToken cancellationToken) => log.RoomAsync(cancellationToken);

    public void Announce(bool turnWaits) => log.Announce(turnWaits);

    private void NoteEnd(TurnTry turn, string how)
    {
        world.Trace.Add(TraceKind.TryEnded, "", name, turn.Number.ToString(CultureInfo.InvariantCulture), how, turn.Message.Sequence);
        NotePositions();
    }

    private void NotePositions()
    {
        var positions = log.Positions;
        world.Trace.Add(TraceKind.Positions, "", name, positions.Done.ToString(CultureInfo.InvariantCulture), positions.Stored.ToString(CultureInfo.InvariantCulture), world.Settings.Window);
    }
}
