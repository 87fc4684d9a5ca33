using Airlock.Core;

namespace Airlock;

/// <summary>Where sessions live.</summary>
/// <remarks>
/// Every method is one atomic step. Safe for concurrent use. A method may throw, or not answer: the connection that waits for an attach then closes with <see cref="CloseReason.StoreUnavailable"/>. A method may take its time, but not the caller's thread: <see cref="AttachAsync"/> is called from its connection's mailbox. While it keeps the thread, nothing else happens to
/// that connection: no deadline (so not that of the attach either), no gate, no drain, no close is carried out until it returns; a call that never returns holds the connection, and with it a shutdown, for as long as the host allows.
/// Other connections go on, on other threads, as long as the pool has some.
/// </remarks>
public interface ISessionStore
{
    /// <summary>Attaches a connection to a session, new or resumed (<c>spec/session.md</c>).</summary>
    /// <param name="request">The wish.</param>
    /// <param name="cancellationToken">Cancels the wait; what was acquired by then is released by the store.</param>
    ValueTask<AttachOutcome> AttachAsync(AttachRequest request, CancellationToken cancellationToken);

    /// <summary>Finds live sessions.</summary>
    /// <param name="target">Which.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<IReadOnlyList<ISessionLog>> FindAsync(SessionTarget target, CancellationToken cancellationToken);

    /// <summary>Puts a session into a group, or takes it out. A session that ends leaves its groups.</summary>
    /// <param name="session">The session's id.</param>
    /// <param name="group">The group's name: 1 to 128 characters.</param>
    /// <param name="member">Whether it shall be in it.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Whether the session is there.</returns>
    ValueTask<bool> SetGroupAsync(string session, string group, bool member, CancellationToken cancellationToken);
}
