namespace Airlock;

/// <summary>Which sessions are meant: one, those of a user, or those of a group.</summary>
public sealed record SessionTarget
{
    private SessionTarget()
    {
    }

    /// <summary>A session's id, or null.</summary>
    public string? Session { get; private init; }

    /// <summary>A principal's key, or null.</summary>
    public string? User { get; private init; }

    /// <summary>A group's name, or null.</summary>
    public string? Group { get; private init; }

    /// <summary>One session.</summary>
    /// <param name="session">Its id.</param>
    public static SessionTarget OfSession(string session) => new() { Session = session };

    /// <summary>All sessions of a user.</summary>
    /// <param name="issuer">Who vouches for the subject.</param>
    /// <param name="subject">The user.</param>
    public static SessionTarget OfUser(string issuer, string subject) => new() { User = new Principal(issuer, subject).Key };

    /// <summary>All sessions of a group.</summary>
    /// <param name="group">Its name.</param>
    public static SessionTarget OfGroup(string group) => new() { Group = group };
}
