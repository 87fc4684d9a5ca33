using Airlock.Core;

namespace Airlock;

/// <summary>A connection to look at. Each property is as it is when read, and costs no lock. Safe for concurrent use.</summary>
public readonly record struct ObservedConnection
{
    private readonly Connection _connection;

    internal ObservedConnection(Connection connection) => _connection = connection;

    /// <summary>Its id, as in the log.</summary>
    public string Id => _connection.Id;

    /// <summary>Which one of this server it is, from 1.</summary>
    public long Number => _connection.Number;

    /// <summary>Its state.</summary>
    public ConnectionState State => _connection.State;

    /// <summary>When it came, on the clock of <see cref="Observation.Now"/>.</summary>
    public TimeSpan OpenedAt => _connection.OpenedAt;

    /// <summary>Whose it is, or null as long as nobody is known.</summary>
    public Principal? Principal => _connection.Principal;

    /// <summary>Everything known of it now. Takes its locks for a moment.</summary>
    public ConnectionReport Report() => _connection.Report();
}
