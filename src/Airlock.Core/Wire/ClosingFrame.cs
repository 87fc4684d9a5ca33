namespace Airlock.Core;

/// <summary><c>closing</c>: Why the close follows.</summary>
public sealed record ClosingFrame
{
    /// <summary>The close code.</summary>
    public required int Code { get; init; }

    /// <summary>The cause's name.</summary>
    public required string Cause { get; init; }

    /// <summary><c>never</c>, <c>new</c>, <c>resume</c> or <c>resume_later</c>.</summary>
    public required string Retry { get; init; }

    /// <summary>When to come back, in milliseconds, or null.</summary>
    public long? RetryAfter { get; init; }

    /// <summary>Whether the session is still there.</summary>
    public required bool Resumable { get; init; }

    /// <summary>Text for a developer.</summary>
    public string? Message { get; init; }
}
