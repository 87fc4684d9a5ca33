namespace Airlock.Core.Tests;

/// <summary>A session as lists and plain numbers, fed the same steps as the shipped one.</summary>
internal sealed class SessionModel(SessionLimits limits, SessionFeatures features)
{
    private readonly SessionCore _core = new("c1", 1, limits, features);
    private readonly List<string> _in = [];
    private readonly List<string> _out = [];
    private int _done;
    private int _acked;
    private int _generation = 1;
    private int _attempt = 1;
    private string? _connection = "c1";
    private bool _inputEnded;
    private int _try;
    private bool _live;
    private bool _streamed;

    private long _missed;
    private long _refused;

    private bool Full => _out.Skip(_acked).Count(static entry => !entry.StartsWith("Gap", StringComparison.Ordinal)) >= limits.OutboxEntriesMax;

    private bool Busy => _done < _in.Count;

    /// <summary>One step with small numbers; what is compared after it is everything that shows.</summary>
    public void Step(int what, int a, int b)
    {
        var generation = _generation - (a == 3 ? 1 : 0);
        var owns = _connection is not null && generation == _generation;
        switch (what)
        {
            case 0 or 1:
                Append(generation, owns, Math.Max(1, _in.Count + a - 1), b);
                break;
            case 2:
                Acknowledge(generation, owns, _acked + b - 1);
                break;
            case 3:
                Attach($"c{_attempt + a - 1}", _attempt + a - 1, _acked + b - 1, b == 3 ? SessionFeatures.None : features);
                break;
            case 4:
                Assert.Equal(owns, _core.Detach(generation));
                _connection = owns ? null : _connection;
                break;
            case 5 when !_live:
                Assert.Equal(Busy ? _try + 1 : 0, _core.BeginTry());
                (_try, _live, _streamed) = Busy ? (_try + 1, true, false) : (_try, false, false);
                break;
            case 6 or 7:
                Stream(a == 3 ? _try - 1 : _try);
                break;
            case 8:
                Commit(b == 3 ? _done + 2 : _done + 1, a % 3, b == 1);
                break;
            case 9 when _live:
                Assert.Equal(TurnVerdict.Applied, _core.Fail(_done + 1, _try));
                Close("Void");
                _live = false;
                break;
            case 10 when !_live && Busy && a == 0:
                Assert.Equal(TurnVerdict.Applied, _core.Nack("handler_failed"));
                Write($"Nack {_done + 1}/0");
                Finish();
                break;
            case 11 when a == 0 && b == 0:
                Assert.Equal(owns, _core.EndInput(generation));
                _inputEnded |= owns;
                break;
            case 11:
                Assert.Equal(Full ? TurnVerdict.Full : TurnVerdict.Applied, _core.Push(new byte[1]));
                if (Full)
                {
                    _refused++;
                    _missed += features == SessionFeatures.Gap ? 1 : 0;
                }
                else
                {
                    Write("Data 0/0");
                }

                break;
        }

        Compare();
    }

    private void Append(int generation, bool owns, int sequence, int variant)
    {
        var content = $"{sequence}/{variant / 2}";
        var expected = !owns ? AppendVerdict.Fenced
            : sequence <= _in.Count ? (_in[sequence - 1] == content && sequence > _in.Count - limits.Window ? AppendVerdict.Repeat : AppendVerdict.Conflict)
            : _inputEnded ? AppendVerdict.InputEnded
            : sequence > _in.Count + 1 ? AppendVerdict.Gap
            : sequence > _done + limits.Window ? AppendVerdict.WindowExceeded
            : AppendVerdict.Stored;
        Assert.Equal(expected, _core.Append(generation, sequence, content, new byte[1]));
        if (expected == AppendVerdict.Stored)
        {
            _in.Add(content);
        }
    }

    private void Acknowledge(int generation, bool owns, int sequence)
    {
        var expected = !owns ? AckVerdict.Fenced : sequence > _out.Count ? AckVerdict.BeyondAppended : sequence < _acked ? AckVerdict.Backward : AckVerdict.Applied;
        Assert.Equal(expected, _core.Acknowledge(generation, sequence));
        _acked = expected == AckVerdict.Applied ? sequence : _acked;
        TellMissed(unless: !owns || Full);
    }

    private void Attach(string connection, int attempt, int received, SessionFeatures can)
    {
        var same = connection == _connection;
        var expected = same ? ResumeVerdict.Resumed
            : attempt <= _attempt ? ResumeVerdict.Stale
            : received > _out.Count ? ResumeVerdict.Impossible
            : received < _acked ? ResumeVerdict.Trimmed
            : can != features ? ResumeVerdict.Unable
            : _inputEnded && !Busy && received == _out.Count && _missed == 0 ? ResumeVerdict.Finished
            : ResumeVerdict.Resumed;
        Assert.Equal(expected, _core.Attach(connection, attempt, received, can));
        if (expected == ResumeVerdict.Resumed && !same)
        {
            (_generation, _attempt, _connection, _acked) = (_generation + 1, attempt, connection, received);
            TellMissed(unless: Full);
        }
    }

    private void Stream(int @try)
    {
        var expected = !_live || @try != _try ? TurnVerdict.Fenced : Full ? TurnVerdict.Full : TurnVerdict.Applied;
        Assert.Equal(expected, _core.Stream(_done + 1, @try, new byte[1]));
        if (expected == TurnVerdict.Applied)
        {
            Write($"Data {_done + 1}/{_try} p");
            _streamed = true;
        }
    }

    private void Commit(int sequence, int replies, bool stopped)
    {
        var expected = !_live || sequence != _done + 1 ? TurnVerdict.Fenced : replies > 0 && Full ? TurnVerdict.Full : TurnVerdict.Applied;
        Assert.Equal(expected, _core.Commit(sequence, _try, [.. Enumerable.Repeat<ReadOnlyMemory<byte>>(new byte[1], replies)], stopped));
        if (expected == TurnVerdict.Applied)
        {
            for (var i = 0; i < replies; i++)
            {
                Write($"Data {_done + 1}/{_try}");
            }

            _streamed |= stopped;
            Close("End");
            Finish();
        }
    }

    private void Close(string kind)
    {
        if (_streamed)
        {
            Write($"{kind} {_done + 1}/{_try}");
        }
    }

    private void Write(string entry)
    {
        TellMissed(unless: false);
        _out.Add(entry);
    }

    private void TellMissed(bool unless)
    {
        if (_missed > 0 && !unless)
        {
            _out.Add($"Gap 0/0 missed {_missed}");
            _missed = 0;
        }
    }

    private void Finish() => (_done, _try, _live, _streamed) = (_done + 1, 0, false, false);

    private void Compare()
    {
        _core.CheckInvariants();
        Assert.Equal(new SessionPositions(_in.Count, _done, _out.Count, _acked), _core.Positions);
        Assert.Equal((_generation, _attempt, _connection, _inputEnded), (_core.Generation, _core.Attempt, _core.Connection, _core.InputEnded));
        Assert.Equal(Busy ? _in[_done] : null, _core.Inbox.Next?.Id);
        for (var sequence = _acked; sequence < _out.Count; sequence++)
        {
            var entry = _core.Outbox.After(sequence)!;
            Assert.Equal((sequence + 1, _out[sequence]), (entry.Sequence, $"{entry.Kind} {entry.Re}/{entry.Try}{(entry.Provisional ? " p" : "")}{(entry.Missed > 0 ? $" missed {entry.Missed}" : "")}"));
        }

        Assert.Equal(_inputEnded && !Busy && _acked == _out.Count, _core.IsFinished);
        // Every push that did not fit is counted once, and gaps never pile up.
        var gaps = _out.Select(static (entry, place) => (place, entry)).Where(static at => at.entry.StartsWith("Gap", StringComparison.Ordinal)).ToList();
        Assert.Equal(features == SessionFeatures.Gap ? _refused : 0, gaps.Sum(static at => long.Parse(at.entry[15..], null)) + _missed);
        Assert.DoesNotContain(gaps, at => at.place > 0 && _out[at.place - 1].StartsWith("Gap", StringComparison.Ordinal));
    }
}
