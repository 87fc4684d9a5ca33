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

    public ValueTask<TurnTry?> BeginTryAsync(Action<TurnTry> stopAsked)
    {
        TurnTry? turn = null;
        var refused = false;
        bool isFinished;
        lock (_lock)
        {
            if (_core.HasLiveTry)
            {
                // Asked again by a processor that never heard the answer.
                turn = _live;
                _stopLive = turn!.Message.StopAsked ? null : stopAsked;
            }

            while (turn is null && _core.State != SessionState.Ended && _core.Inbox.Next is { } message)
            {
                if (_user.Claim(message.Id, this, message.Sequence, out _claim) is { } status)
                {
                    _core.Nack("duplicate", status);
                    refused = true;
                    continue;
                }

                turn = _live = new TurnTry(message, _core.BeginTry());
                _stopLive = message.StopAsked ? null : stopAsked;
            }

            _turnWaits = false;
            isFinished = _core.IsFinished;
        }

        if (refused)
        {
            Tell();
        }

        if (turn is { Message.StopAsked: true })
        {
            stopAsked(turn);
        }

        EndIf(isFinished);
        return new(turn);
    }

    public ValueTask<TurnVerdict> StreamAsync(TurnTry turn, ReadOnlyMemory<byte> payload)
    {
        TurnVerdict verdict;
        lock (_lock)
        {
            verdict = _core.Stream(turn.Message.Sequence, turn.Number, payload);
        }

        return new(TellIfApplied(verdict));
    }

    public ValueTask<TurnVerdict> CommitAsync(TurnTry turn, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped)
    {
        TurnVerdict verdict;
        bool isFinished;
        lock (_lock)
        {
            verdict = _core.Commit(turn.Message.Sequence, turn.Number, replies, stopped);
            if (verdict == TurnVerdict.Applied)
            {
                (_stopLive, _live) = (null, null);
                _turnWaits = false;
                _user.Finish(_claim);
            }

            isFinished = _core.IsFinished;
        }

        EndIf(isFinished);
        return new(verdict);
    }

    public void Announce(bool turnWaits)
    {
        if (turnWaits)
        {
            lock (_lock)
            {
                _turnWaits = true;
            }
        }

        Tell();
    }

    public ValueTask<TurnVerdict> FailAsync(TurnTry turn, string? nack)
    {
        TurnVerdict verdict;
        bool isFinished;
        lock (_lock)
        {
            verdict = _core.Fail(turn.Message.Sequence, turn.Number);
            if (verdict == TurnVerdict.Applied)
            {
                _turnWaits = false;
                if (nack is not null)
                {
                    (_stopLive, _live) = (null, null);
                    _core.Nack(nack);
                    _user.GiveUp(_claim);
                }
            }

            isFinished = _core.IsFinished;
        }

        TellIfApplied(verdict);
        EndIf(isFinished);
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

            (_waitForRoom ??= []).Add(room);
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
