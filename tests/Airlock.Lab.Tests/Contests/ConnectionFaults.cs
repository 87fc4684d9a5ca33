namespace Airlock.Lab.Tests.Contests;

/// <summary>Faults at the locks of a connection: of its mailbox, its writer, and of what it holds.</summary>
internal static class ConnectionFaults
{
    public static IReadOnlyList<LockFault> All { get; } =
    [
        new(
            LockFaultKind.CheckThenAct,
            "close-overtakes",
            "Airlock/Connections/Connection.Writing.cs",
            """
                            closing = _writeAgain ? null : _closing;
                """,
            """
                            closing = _closing;
                """,
            "A close goes out before a frame that was queued between the writer's last look and the close.",
            "close-goes-last"),
        new(
            LockFaultKind.CheckThenAct,
            "writer-begun-in-two",
            "Airlock/Connections/Connection.Writing.cs",
            """
                                return;
                            }

                            _isWriting = true;
                """,
            """
                                return;
                            }
                        }

                        lock (_writing)
                        {
                            _isWriting = true;
                """,
            "Two write to one socket: each found it idle before the other began.",
            "one-writer"),
        new(
            LockFaultKind.CheckThenAct,
            "mailbox-taken-in-two",
            "Airlock/Connections/Connection.Mailbox.cs",
            """
                                (_mailbox ??= new()).Enqueue(mail);
                                return;
                            }

                            _draining = true;
                """,
            """
                                (_mailbox ??= new()).Enqueue(mail);
                                return;
                            }
                        }

                        lock (_mail)
                        {
                            _draining = true;
                """,
            "Two are at one mailbox: each found it free before the other took it.",
            "effects-in-order"),
        new(
            LockFaultKind.CheckThenAct,
            "held-after-ready",
            "Airlock/Connections/Connection.Holding.cs",
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
            "Airlock/Connections/Connection.Writing.cs",
            """
                                return false;
                            }

                            StopWriting();
                            return true;
                """,
            """
                                return false;
                            }
                        }

                        lock (_writing)
                        {
                            StopWriting();
                            return true;
                """,
            "A writer rests though something came between its last look and the rest.",
            "all-is-written"),
        new(
            LockFaultKind.LookedAtOutside,
            "writer-looked-for-outside",
            "Airlock/Connections/Connection.Writing.cs",
            """
                        lock (_writing)
                        {
                            _writeAgain = true;
                            if (_isWriting || _writerDone
                """,
            """
                        var isWriting = _isWriting;
                        lock (_writing)
                        {
                            _writeAgain = true;
                            if (isWriting || _writerDone
                """,
            "Nobody writes what was queued: the writer that was seen before the lock rests by now.",
            "all-is-written"),
        new(
            LockFaultKind.LookedAtOutside,
            "writer-stopped-in-two",
            "Airlock/Connections/Connection.Closing.cs",
            """
                                return Task.CompletedTask;
                            }

                            _writerStopped =
                """,
            """
                                return Task.CompletedTask;
                            }
                        }

                        lock (_writing)
                        {
                            _writerStopped =
                """,
            "A connection waits for a writer that stopped between the look and the wait.",
            "writer-ends"),
        new(
            LockFaultKind.LookedAtOutside,
            "told-asked-in-two",
            "Airlock/Connections/Connection.Closing.cs",
            """
                            return _writerDone || _isStuck || _socket is null
                                ? Task.CompletedTask
                                : (_told
                """,
            """
                            if (_writerDone || _isStuck || _socket is null)
                            {
                                return Task.CompletedTask;
                            }
                        }

                        lock (_writing)
                        {
                            return (_told
                """,
            "Somebody waits for a close that went out between the look and the wait.",
            "close-is-told"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "mailbox-left-in-two",
            "Airlock/Connections/Connection.Mailbox.cs",
            """
                                return true;
                            }

                            (_draining, _mailbox) = (false, null);
                """,
            """
                                return true;
                            }
                        }

                        lock (_mail)
                        {
                            (_draining, _mailbox) = (false, null);
                """,
            "A mailbox that was empty is left, and what came between the look and the leaving is thrown away.",
            "one-at-the-mailbox"),
        new(
            LockFaultKind.LookedAtOutside,
            "mailbox-looked-for-outside",
            "Airlock/Connections/Connection.Mailbox.cs",
            """
                        lock (_mail)
                        {
                            if (_draining)
                            {
                """,
            """
                        var draining = _draining;
                        lock (_mail)
                        {
                            if (draining)
                            {
                """,
            "An event is put where nobody looks: who was seen at the mailbox before the lock has left it.",
            "one-at-the-mailbox"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "held-taken-in-two",
            "Airlock/Connections/Connection.Holding.cs",
            """
                            _heldStored = stored.Task;
                            _serving = attached;
                            (early, _early) = (_early, null);
                """,
            """
                            (early, _early) = (_early, null);
                        }

                        lock (_holding)
                        {
                            _heldStored = stored.Task;
                            _serving = attached;
                """,
            "What is held after the rest was taken out, and before the connection serves, nobody stores.",
            "early-is-stored"),
    ];
}
