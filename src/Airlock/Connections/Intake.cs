using Airlock.Core;

namespace Airlock;

/// <summary>
/// The client's messages on their way to the session. What comes before ready is held within a credit and is stored first; what comes later goes straight into the session, behind it.
/// Called by the reader, but for <see cref="BeginServing"/>.
/// </summary>
internal sealed class Intake(ConnectionScope scope, Mailbox mailbox, StoreGuard guard, Writer writer, RestWatch rest)
{
    private readonly Lock _lock = new();
    private EarlyMessages? _early;
    private Task _earlyStored = Task.CompletedTask;
    private volatile AttachedSession? _serving;

    /// <summary>The session that messages go to; null before ready.</summary>
    internal AttachedSession? Serving => _serving;

    /// <summary>Completes once what was held before ready is stored. Whatever came after it waits for that.</summary>
    internal Task EarlyStored => _earlyStored;

    /// <summary>Takes a message: holds it, or stores it.</summary>
    /// <param name="message">What came. Its payload is the reader's buffer, and is copied.</param>
    /// <param name="isResuming">Whether <c>hello</c> has asked for a session that goes on.</param>
    /// <param name="acked">What the client acknowledges with it, or null.</param>
    /// <returns>Whether it was stored, and somebody has to be woken to handle it.</returns>
    internal async ValueTask<bool> TakeAsync(EarlyMessage message, bool isResuming, long? acked)
    {
        if (_serving is null && Hold(message, isResuming))
        {
            return false;
        }

        await _earlyStored;
        if (_serving is not { } serving)
        {
            return false;
        }

        // What came with a wrong acknowledgement is not stored, whoever is at the mailbox.
        return (acked is not { } number || await AcknowledgeAsync(serving, number)) && await StoreAsync(serving, message with { Payload = message.Payload.ToArray() });
    }

    /// <returns>Whether the connection goes on.</returns>
    internal async ValueTask<bool> AcknowledgeAsync(AttachedSession serving, long number)
    {
        var isApplied = await serving.AcknowledgeAsync(number);
        rest.Look();
        return isApplied;
    }

    /// <summary>From here on messages are stored at once; what was held goes first.</summary>
    internal void BeginServing(AttachedSession session)
    {
        var stored = new TaskCompletionSource();
        EarlyMessages? early;
        lock (_lock)
        {
            _earlyStored = stored.Task;
            _serving = session;
            (early, _early) = (_early, null);
        }

        _ = StoreEarlyAsync(session, early, stored);
    }

    /// <summary>The client says nothing more. Nobody waits for what the store does with it.</summary>
    internal void EndInput(AttachedSession session) => _ = guard.GuardAsync(session.EndInputAsync()).AsTask();

    /// <summary>Called when the reader has ended: what is held now is never stored.</summary>
    internal void Forget()
    {
        lock (_lock)
        {
            while (_early is not null && _early.TryTake(out var message))
            {
                scope.Endpoint.Metrics?.CountHeld(-1, -message.Payload.Length);
            }
        }
    }

    /// <returns>False if the connection is ready meanwhile.</returns>
    private bool Hold(in EarlyMessage message, bool isResuming)
    {
        CloseReason? refused;
        lock (_lock)
        {
            if (_serving is not null)
            {
                return false;
            }

            refused = (_early ??= new EarlyMessages(scope.Endpoint.CreditOfOpen, scope.Endpoint.CreditOfAuthed))
                .Hold(message, mailbox.State >= ConnectionState.Authenticated, isResuming);
            if (refused is null)
            {
                scope.Endpoint.Metrics?.CountHeld(1, message.Payload.Length);
            }
        }

        if (refused is not null)
        {
            mailbox.Post(LifecycleEvent.CloseRequested(refused));
        }

        return true;
    }

    private async Task StoreEarlyAsync(AttachedSession session, EarlyMessages? early, TaskCompletionSource stored)
    {
        if (session.Outcome.Positions.Stored > session.Outcome.Positions.Done)
        {
            // A store that failed after it had stored a message let nobody know that there is one.
            await guard.GuardAsync(WakeAsync(session));
        }

        while (early is not null && early.TryTake(out var message))
        {
            scope.Endpoint.Metrics?.CountHeld(-1, -message.Payload.Length);
            // After a failure the connection closes, and the client sends the rest again.
            await guard.GuardAsync(mailbox.State >= ConnectionState.Closing ? default : StoreAndWakeAsync(session, message));
        }

        stored.SetResult();
    }

    private async ValueTask StoreAndWakeAsync(AttachedSession session, EarlyMessage message)
    {
        if (await StoreAsync(session, message))
        {
            await session.WakeAsync();
        }
    }

    private static async ValueTask WakeAsync(AttachedSession session) => await session.WakeAsync();

    private async ValueTask<bool> StoreAsync(AttachedSession session, EarlyMessage message)
    {
        var verdict = await session.AppendAsync(message.Sequence, message.Id, message.Payload, message.TraceParent);
        if (verdict == AppendVerdict.Repeat)
        {
            writer.RepeatPositions();
        }

        return verdict == AppendVerdict.Stored;
    }
}
