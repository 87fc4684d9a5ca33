using System.Text.Json.Serialization.Metadata;
using Airlock.Core;

namespace Airlock;

/// <summary>Sends to sessions from anywhere: to one, to a user's, or to a group's. A message is kept for a client that is away. Safe for concurrent use.</summary>
public sealed class Sessions
{
    private readonly ISessionStore _store;
    private readonly Entropy _entropy;
    private readonly ApplicationJson _json;

    internal Sessions(ISessionStore store, Entropy entropy, ApplicationJson json)
    {
        _store = store;
        _json = json;
        _entropy = entropy;
    }

    /// <summary>Sends a message.</summary>
    /// <param name="target">To whom.</param>
    /// <param name="value">The message, written with the application's JSON. What is polymorphic keeps its discriminator, whatever it is declared as.</param>
    /// <param name="cancellationToken">Cancels what is not sent yet.</param>
    /// <typeparam name="T">Its type.</typeparam>
    /// <returns>To how many sessions it was sent, and how many were full. Never waits for a slow client.</returns>
    /// <exception cref="ArgumentException">It cannot be written as a payload: no Unicode, a cycle, more than 62 levels, or larger than <see cref="Endpoint.PayloadBytesMax"/>.</exception>
    /// <exception cref="NotSupportedException">Nobody says how to write the type.</exception>
    public ValueTask<PushOutcome> SendAsync<T>(SessionTarget target, T value, CancellationToken cancellationToken = default) =>
        PushAsync(target, _json.Write(value), cancellationToken);

    /// <summary>As <see cref="SendAsync{T}(SessionTarget, T, CancellationToken)"/>, by a contract that is used as it stands.</summary>
    /// <param name="target">To whom.</param>
    /// <param name="value">The message.</param>
    /// <param name="contract">How to write it.</param>
    /// <param name="cancellationToken">Cancels what is not sent yet.</param>
    /// <typeparam name="T">Its type.</typeparam>
    /// <returns>To how many sessions it was sent, and how many were full.</returns>
    /// <exception cref="ArgumentException">It cannot be written as a payload.</exception>
    public ValueTask<PushOutcome> SendAsync<T>(SessionTarget target, T value, JsonTypeInfo<T> contract, CancellationToken cancellationToken = default) =>
        PushAsync(target, ApplicationJson.Write(value, contract), cancellationToken);

    /// <summary>As <see cref="SendAsync{T}(SessionTarget, T, CancellationToken)"/>, for a payload that is JSON already (a session in plain mode gets it as text). All sessions share the memory.</summary>
    /// <param name="target">To whom.</param>
    /// <param name="payload">One JSON value as UTF-8; not changed afterwards.</param>
    /// <param name="cancellationToken">Cancels what is not sent yet.</param>
    /// <exception cref="ArgumentException">The payload is not one JSON value, or is larger than <see cref="Endpoint.PayloadBytesMax"/>.</exception>
    public ValueTask<PushOutcome> SendRawAsync(SessionTarget target, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        Payload.CheckJson(payload);
        return PushAsync(target, payload, cancellationToken);
    }

    /// <summary>Puts a session into a group. It leaves when it ends.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="group">The group: 1 to 128 characters.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether the session is there.</returns>
    public ValueTask<bool> JoinAsync(string session, string group, CancellationToken cancellationToken = default) => SetGroupAsync(session, group, true, cancellationToken);

    /// <summary>Takes a session out of a group.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="group">The group: 1 to 128 characters.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether the session is there.</returns>
    public ValueTask<bool> LeaveAsync(string session, string group, CancellationToken cancellationToken = default) => SetGroupAsync(session, group, false, cancellationToken);

    /// <summary>Closes the connections of sessions with <see cref="CloseReason.Disconnected"/>: the clients come back at once and resume.</summary>
    /// <param name="target">Whose.</param>
    /// <param name="cancellationToken">Cancels what is not done yet.</param>
    /// <returns>How many sessions were meant.</returns>
    public ValueTask<int> DisconnectAsync(SessionTarget target, CancellationToken cancellationToken = default) => EachAsync(target, static log => log.RevokeAsync(CloseReason.Disconnected, retryAfter: null), cancellationToken);

    /// <summary>As <see cref="DisconnectAsync(SessionTarget, CancellationToken)"/>, for many at once: each client is told a delay of its own, so that not all come back together.</summary>
    /// <param name="target">Whose.</param>
    /// <param name="spread">Over how long they come back; each delay is random up to it. From 0 to 1 hour.</param>
    /// <param name="cancellationToken">Cancels what is not done yet.</param>
    /// <returns>How many sessions were meant.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The spread is outside its range.</exception>
    public ValueTask<int> DisconnectAsync(SessionTarget target, TimeSpan spread, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(spread, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(spread, TimeSpan.FromHours(1));
        return EachAsync(target, log => log.RevokeAsync(CloseReason.Disconnected, spread * _entropy.NextFraction()), cancellationToken);
    }

    /// <summary>Ends sessions with <see cref="CloseReason.SessionEnded"/>: what their clients have not received is lost, and they are told.</summary>
    /// <param name="target">Which.</param>
    /// <param name="cancellationToken">Cancels what is not done yet.</param>
    /// <returns>How many sessions were meant.</returns>
    public ValueTask<int> EndAsync(SessionTarget target, CancellationToken cancellationToken = default) => EachAsync(target, static log => log.EndAsync(CloseReason.SessionEnded), cancellationToken);

    private async ValueTask<PushOutcome> PushAsync(SessionTarget target, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var sent = 0;
        var full = 0;
        foreach (var log in await _store.FindAsync(target, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (await Answer.UntilAsync(log.PushAsync(payload), cancellationToken))
            {
                case TurnVerdict.Applied:
                    sent++;
                    break;
                case TurnVerdict.Full:
                    full++;
                    break;
                case TurnVerdict.Fenced:
                    // It ended since it was found.
                    break;
            }
        }

        return new PushOutcome(sent, full);
    }

    private async ValueTask<int> EachAsync(SessionTarget target, Func<ISessionLog, ValueTask> action, CancellationToken cancellationToken)
    {
        var logs = await _store.FindAsync(target, cancellationToken);
        foreach (var log in logs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Answer.UntilAsync(DoneAsync(action(log)), cancellationToken);
        }

        return logs.Count;
    }

    private static async ValueTask<bool> DoneAsync(ValueTask call)
    {
        await call;
        return true;
    }

    private ValueTask<bool> SetGroupAsync(string session, string group, bool member, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(group.Length, WireLimits.NameLengthMax, nameof(group));
        return _store.SetGroupAsync(session, group, member, cancellationToken);
    }
}
