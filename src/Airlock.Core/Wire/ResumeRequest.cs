namespace Airlock.Core;

/// <summary>The wish to resume a session.</summary>
public sealed record ResumeRequest
{
    /// <summary>The session's id.</summary>
    public required string Session { get; init; }

    /// <summary>Higher than at every connection of this session before.</summary>
    public required long Attempt { get; init; }

    /// <summary>The highest server number the client has handled; 0 if none.</summary>
    public required long Received { get; init; }

    /// <summary>Leaves out the session's id, which is a secret: this may end in a log.</summary>
    public override string ToString() => $"attempt {Attempt}, received {Received}";
}
