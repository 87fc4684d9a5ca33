namespace Airlock.Lab.Subjects.Legacy;

/// <summary>The handlers of messages, one for each connection (dossier §2.6 global router trap).</summary>
internal sealed class LegacyRouter(LegacySurroundings lab)
{
    private readonly List<(string Connection, string User)> _handlers = [];

    /// <summary>Adds a connection's handler, which acts for its user.</summary>
    public void Add(string connection, string user) => _handlers.Add((connection, user));

    /// <summary>Whom a message of a connection is handled for: the user of its handler, or of the first handler that there is.</summary>
    public string UserFor(string connection)
    {
        var handler = lab.Has(LegacyFault.SharedRouter) ? _handlers.FirstOrDefault() : _handlers.Find(h => h.Connection == connection);

        // Whose authentication is not over is called so.
        return handler.User ?? "pending_auth";
    }

    /// <summary>Removes a connection's handler; with the fault, from a copy.</summary>
    public void Remove(string connection)
    {
        var handlers = lab.Has(LegacyFault.SharedRouter) ? [.. _handlers] : _handlers;
        handlers.RemoveAll(h => h.Connection == connection);
    }
}
