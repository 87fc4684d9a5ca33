namespace Airlock;

/// <summary>Where sessions live. Every method is one atomic step. Safe for concurrent use.</summary>
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
