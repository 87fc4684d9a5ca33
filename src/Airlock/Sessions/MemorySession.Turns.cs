using Airlock.Core;

namespace Airlock;

/// <summary>The processor's side of a session.</summary>
internal sealed partial class MemorySession
{
    public ValueTask<bool> TryLeaseAsync()
    {
        lock (_lock)
        {
            var isFree = !_leased && _core.State != SessionState.Ended;
            _leased |= isFree;
            return new(isFree);
        }
    }

    public ValueTask<bool> ReleaseLeaseAsync(bool always)
    {
        lock (_lock)
        {
            _leased = !always && _core.State != SessionState.Ended && _core.Inbox.Next is not null;
            return new(!_leased);
        }
    }

    public ValueTask<TurnTry?> BeginTryAsync(Action stopAsked)
    {
        TurnTry? turn = null;
        var refused = false;
        lock (_lock)
        {
            while (turn is null && _core.State != SessionState.Ended && _core.Inbox.Next is { } message)
            {
                if (_user.Claim(message.Id, this, message.Sequence) is { } status)
                {
                    _core.Nack("duplicate", status);
                    refused = true;
                    continue;
                }

                turn = new TurnTry(message, _core.BeginTry());
                _stopLive = message.StopAsked ? null : stopAsked;
            }
        }

        if (refused)
        {
            Tell();
        }

        if (turn is { Message.StopAsked: true })
        {
            stopAsked();
        }

        EndIfFinished();
        return new(turn);
    }

    public ValueTask<TurnVerdict> StreamAsync(TurnTry turn, ReadOnlyMemory<byte> payload) => new(AppendAndTell(() => _core.Stream(turn.Message.Sequence, turn.Number, payload)));

    public ValueTask<TurnVerdict> CommitAsync(TurnTry turn, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped)
    {
        var verdict = AppendAndTell(() =>
        {
            var verdict = _core.Commit(turn.Message.Sequence, turn.Number, replies, stopped);
            if (verdict == TurnVerdict.Applied)
            {
                _stopLive = null;
                _user.Finish(turn.Message.Id);
            }

            return verdict;
        });
        EndIfFinished();
        return new(verdict);
    }

    public ValueTask<TurnVerdict> FailAsync(TurnTry turn, string? nack)
    {
        var verdict = AppendAndTell(() =>
        {
            var verdict = _core.Fail(turn.Message.Sequence, turn.Number);
            if (verdict == TurnVerdict.Applied)
            {
                if (nack is not null)
                {
                    _stopLive = null;
                    _core.Nack(nack);
                    _user.Unclaim(turn.Message.Id);
                }
            }

            return verdict;
        });
        EndIfFinished();
        return new(verdict);
    }

    public async ValueTask RoomAsync(CancellationToken cancellationToken)
    {
        var room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (!_core.Outbox.IsFull || _core.State == SessionState.Ended)
            {
                return;
            }

            _waitForRoom.Add(room);
        }

        // Not Task.WaitAsync: it would go by way of the thread pool, whatever context the caller has.
        using var cancelled = cancellationToken.Register(() => room.TrySetCanceled(cancellationToken));
        try
        {
            await room.Task;
        }
        finally
        {
            lock (_lock)
            {
                _waitForRoom.Remove(room);
            }
        }
    }
}
