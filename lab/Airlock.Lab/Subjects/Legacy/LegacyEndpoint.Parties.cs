using System.Globalization;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

// What goes on beside the phases: the reader, the handling of messages, the heartbeat; and the steps that phases share.
internal sealed partial class LegacyEndpoint
{
    // Phase 1b and 0: the id before anybody is known.
    private string FirstId(string connection)
    {
        var second = _lab.Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return _lab.Has(LegacyFault.OneSecondIds) ? $"ws_init_{second}" : $"ws_{second}_{_authentication.NextRandom(connection)}";
    }

    private async Task ReadAsync(LegacyConnection c)
    {
        try
        {
            while (!c.IsOver)
            {
                if (_lab.Has(LegacyFault.ReceiveAfterClose))
                {
                    await Task.Yield();
                }

                if (await c.Socket.ReceiveAsync() is not { } frame)
                {
                    break;
                }

                c.HeardAt = _lab.Time.GetUtcNow();
                if (frame.Type == "user_message" && _registry.IsKnown(c.Machine.Id))
                {
                    if (_registry.IsReady(c.Machine.Id))
                    {
                        c.Queue.Open();
                    }

                    await c.Queue.OfferAsync(frame);
                }
            }
        }
        catch (InvalidOperationException e)
        {
            _lab.Log(c.Name, "ERROR", e.Message);
            await EndAsync(c, 1011, "RECEIVE_FAILED");
            return;
        }

        if (c.Socket.IsLost)
        {
            await EndAsync(c, 1006, "TRANSPORT_LOST");
        }
        else if (!c.IsOver)
        {
            // What came before the peer's close is still answered.
            await c.Queue.Idle;
            await EndAsync(c, 1000, "CLIENT_CLOSED");
        }
    }

    private bool MayProcess(LegacyConnection c) =>
        (!c.IsOver && (_lab.Has(LegacyFault.QueueUnwired) || c.Coordinator.IsReady)) || _registry.IsReady(c.Machine.Id);

    private async Task ProcessAsync(LegacyConnection c, LegacyFrame frame)
    {
        if (!MayProcess(c))
        {
            return;
        }

        LegacyFrame reply;
        try
        {
            foreach (var part in _lab.PartsOf(frame.MessageId!))
            {
                // Events were sent to whoever was there; on a dead connection one was only logged as lost (dossier §2.12).
                if (MayProcess(c))
                {
                    await SendAsync(c, new LegacyFrame("agent_event") { MessageId = frame.MessageId, Content = part });
                }
            }

            var answer = (await _lab.HandleAsync(c.Name, _router.UserFor(c.Name), c.Name, frame.MessageId!, ++c.Handled)).Split(' ');
            reply = new LegacyFrame("reply") { MessageId = frame.MessageId, Content = answer[1], Event = answer.ElementAtOrDefault(2) };
        }
        catch (InvalidOperationException) when (_lab.Has(LegacyFault.ReservedCloseCode))
        {
            await EndAsync(c, 1004, "HANDLER");
            return;
        }
        catch (InvalidOperationException)
        {
            reply = new LegacyFrame("error") { MessageId = frame.MessageId, Content = "HANDLER" };
        }

        if (MayProcess(c))
        {
            await SendAsync(c, reply);
        }
    }

    // Phase 14: the heartbeat.
    private async Task PingAsync(LegacyConnection c)
    {
        while (!c.IsOver)
        {
            await Task.WhenAny(Task.Delay(_pingInterval, _lab.Time), c.Over);
            if (c.IsOver)
            {
                return;
            }

            if (_lab.Time.GetUtcNow() - c.HeardAt <= _pongTimeout)
            {
                await SendAsync(c, new LegacyFrame("ping"));
            }
            else
            {
                if (!_lab.Has(LegacyFault.DeadPeerKept))
                {
                    await EndAsync(c, 1001, "NO_PONG");
                }

                return;
            }
        }
    }

    private async Task WelcomeAsync(LegacyConnection c)
    {
        if (await SendAsync(c, new LegacyFrame("system_message") { Event = "connection_established", ConnectionId = c.Machine.Id, ConnectionReady = true }))
        {
            _lab.Trace.Add(TraceKind.ReadyAnnounced, c.Name, c.Machine.Id);
        }
    }

    private async Task<bool> SendAsync(LegacyConnection c, LegacyFrame frame)
    {
        try
        {
            await c.Socket.SendAsync(frame);
            return true;
        }
        catch (InvalidOperationException e)
        {
            _lab.Log(c.Name, "ERROR", e.Message);
            return false;
        }
    }

    // An error frame, then the close.
    private async Task<bool> RefuseAsync(LegacyConnection c, int code, string cause)
    {
        if (!c.IsOver)
        {
            await SendAsync(c, new LegacyFrame("error") { Content = cause });
            await EndAsync(c, code, cause);
        }

        return false;
    }

    private async ValueTask<bool> MoveAsync(LegacyConnection c, string to)
    {
        var ignores = _lab.Has(LegacyFault.IgnoredTransitions);
        if (c.IsOver && !ignores)
        {
            return false;
        }

        if (await c.Machine.MoveAsync(c.Name, to))
        {
            return true;
        }

        _lab.Log(c.Name, "ERROR", $"Failed to transition to {to} for {c.Machine.Id}");
        if (!ignores)
        {
            await EndAsync(c, 1011, $"{to}_REFUSED");
        }

        return false;
    }

    private Task SleepAsync(int milliseconds) => _lab.Has(LegacyFault.SleepingCoordinator) ? _lab.SleepAsync(milliseconds) : Task.CompletedTask;

    private async Task<bool> WithinAsync(Task task, TimeSpan timeout)
    {
        try
        {
            await (_lab.Has(LegacyFault.HangingChecks) ? task : task.WaitAsync(timeout, _lab.Time));
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
