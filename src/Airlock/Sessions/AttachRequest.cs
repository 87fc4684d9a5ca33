using System.Collections.ObjectModel;
using Airlock.Core;

namespace Airlock;

/// <summary>A connection's wish for a session.</summary>
public sealed record AttachRequest
{
    /// <summary>The endpoint; sessions of another one do not exist here.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The values of the endpoint's route; sessions of another place do not exist here either. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Route { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Whose session.</summary>
    public required Principal Principal { get; init; }

    /// <summary>The connection's id. Attaching the same connection again gives the same answer.</summary>
    public required string Connection { get; init; }

    /// <summary>Where the connection comes from, for the limit by address; null is not limited.</summary>
    public string? Address { get; init; }

    /// <summary>The wish to resume, or null for a new session.</summary>
    public ResumeRequest? Resume { get; init; }

    /// <summary>Which client object asks (<see cref="HelloFrame.Instance"/>), or null. A later one of the same that lost the answer finds the session by it.</summary>
    public string? Instance { get; init; }

    /// <summary>What the client can: what a new session may contain; a session that may contain more is not resumed.</summary>
    public SessionFeatures Features { get; init; }

    /// <summary>How much a new session may hold.</summary>
    public required SessionLimits Limits { get; init; }

    /// <summary>Told when something is there to send, and when the attachment is revoked.</summary>
    public required ISessionObserver Observer { get; init; }
}
