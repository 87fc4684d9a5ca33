using Airlock.Core;

namespace Airlock;

/// <summary>A session at one moment, without its id, which is a secret. Immutable.</summary>
public sealed record SessionReport
{
    private readonly string _id;

    internal SessionReport(string id) => _id = id;

    /// <summary>Names it: as <see cref="ConnectionReport.SessionTag"/>. Worked out when asked for.</summary>
    public string Tag => TagOf(_id);

    /// <summary>Which one of its store it is, from 1.</summary>
    public required long Number { get; init; }

    /// <summary>The endpoint's name.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Whose it is.</summary>
    public required Principal Principal { get; init; }

    /// <summary>The id of the connection that serves it, or of the last one that did.</summary>
    public required string? Connection { get; init; }

    /// <summary>How long it has been without a connection; null while it has one.</summary>
    public required TimeSpan? DetachedFor { get; init; }

    /// <summary>Whether a turn is under way.</summary>
    public required bool IsBusy { get; init; }

    /// <summary>The counters.</summary>
    public required SessionPositions Positions { get; init; }

    /// <summary>The name of a session that is no secret: a part of a digest of its id.</summary>
    internal static string TagOf(string session) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(session)).AsSpan(0, 5));
}
