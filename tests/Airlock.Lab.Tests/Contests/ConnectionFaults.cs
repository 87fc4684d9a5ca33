namespace Airlock.Lab.Tests.Contests;

/// <summary>Faults at the locks of a connection: of its mailbox, its writer, and of what it holds.</summary>
internal static class ConnectionFaults
{
    public static IReadOnlyList<LockFault> All { get; } =
    [
        new(
            LockFaultKind.CheckThenAct,
            "close-overtakes",
            "Airlock/Connections/Writer.cs",
            """
                            closing = _state == WriterState.Writing ? _output.Closing : null;
                """,
            """
                            closing = _output.Closing;
                """,
            "A close goes out before a frame that was queued between the writer's last look and the close.",
            "close-goes-last"),
        new(
            LockFaultKind.CheckThenAct,
            "writer-begun-in-two",
            "Airlock/Connections/Writer.cs",
            """
                                return;
                            }

                            _state = WriterState.Writing;
                """,
            """
                                return;
                            }
                        }

                        lock (_lock)
                        {
                            _state = WriterState.Writing;
                """,
            "Two write to one socket: each found it idle before the other began.",
            "one-writer"),
        new(
            LockFaultKind.CheckThenAct,
            "mailbox-taken-in-two",
            "Airlock/Connections/Mailbox.cs",
            """
                                (_queue ??= new()).Enqueue(mail);
                                return;
                            }

                            _isAttended = true;
                """,
            """
                                (_queue ??= new()).Enqueue(mail);
                                return;
                            }
                        }

                        lock (_lock)
                        {
                            _isAttended = true;
                """,
            "Two are at one mailbox: each found it free before the other took it.",
            "effects-in-order"),
        new(
            LockFaultKind.CheckThenAct,
            "held-after-ready",
            "Airlock/Connections/Intake.cs",
            """
                            if (_serving is not null)
                            {
                                return false;
                            }

                            refused = (_early
                """,
            """
                            refused = (_early
                """,
            "Whether the connection is ready is not looked at again under the lock: what is held then nobody stores.",
            "early-is-stored"),
        new(
            LockFaultKind.LookedAtOutside,
            "writer-rests-in-two",
            "Airlock/Connections/Writer.cs",
            """
                                return false;
                            }

                            StopWriting(WriterState.Idle);
                            return true;
                """,
            """
                                return false;
                            }
                        }

                        lock (_lock)
                        {
                            StopWriting(WriterState.Idle);
                            return true;
                """,
            "A writer rests though something came between its last look and the rest.",
            "all-is-written"),
        new(
            LockFaultKind.LookedAtOutside,
            "writer-looked-for-outside",
            "Airlock/Connections/Writer.cs",
            """
                        lock (_lock)
                        {
                            if (_state == WriterState.Writing)
                            {
                                _state = WriterState.Again;
                            }

                            if (_state != WriterState.Idle
                """,
            """
                        var state = _state;
                        lock (_lock)
                        {
                            if (_state == WriterState.Writing)
                            {
                                _state = WriterState.Again;
                            }

                            if (state != WriterState.Idle
                """,
            "Nobody writes what was queued: the writer that was seen before the lock rests by now.",
            "all-is-written"),
        new(
            LockFaultKind.LookedAtOutside,
            "writer-stopped-in-two",
            "Airlock/Connections/Writer.cs",
            """
                                return Task.CompletedTask;
                            }

                            _state = WriterState.Ending;
                """,
            """
                                return Task.CompletedTask;
                            }
                        }

                        lock (_lock)
                        {
                            _state = WriterState.Ending;
                """,
            "A connection waits for a writer that stopped between the look and the wait.",
            "writer-ends"),
        new(
            LockFaultKind.LookedAtOutside,
            "told-asked-in-two",
            "Airlock/Connections/SocketSender.cs",
            """
                            return _isOver || _isStuck || _socket is null
                                ? Task.CompletedTask
                                : (_told
                """,
            """
                            if (_isOver || _isStuck || _socket is null)
                            {
                                return Task.CompletedTask;
                            }
                        }

                        lock (_lock)
                        {
                            return (_told
                """,
            "Somebody waits for a close that went out between the look and the wait.",
            "close-is-told"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "mailbox-left-in-two",
            "Airlock/Connections/Mailbox.cs",
            """
                                return true;
                            }

                            (_isAttended, _queue) = (false, null);
                """,
            """
                                return true;
                            }
                        }

                        lock (_lock)
                        {
                            (_isAttended, _queue) = (false, null);
                """,
            "A mailbox that was empty is left, and what came between the look and the leaving is thrown away.",
            "one-at-the-mailbox"),
        new(
            LockFaultKind.LookedAtOutside,
            "mailbox-looked-for-outside",
            "Airlock/Connections/Mailbox.cs",
            """
                        lock (_lock)
                        {
                            if (_isAttended)
                            {
                """,
            """
                        var isAttended = _isAttended;
                        lock (_lock)
                        {
                            if (isAttended)
                            {
                """,
            "An event is put where nobody looks: who was seen at the mailbox before the lock has left it.",
            "one-at-the-mailbox"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "held-taken-in-two",
            "Airlock/Connections/Intake.cs",
            """
                            _earlyStored = stored.Task;
                            _serving = session;
                            (early, _early) = (_early, null);
                """,
            """
                            (early, _early) = (_early, null);
                        }

                        lock (_lock)
                        {
                            _earlyStored = stored.Task;
                            _serving = session;
                """,
            "What is held after the rest was taken out, and before the connection serves, nobody stores.",
            "early-is-stored"),
    ];
}
