using Airlock.Core;

namespace Airlock;

/// <summary>What became of an <see cref="AttachRequest"/>.</summary>
public sealed record AttachOutcome
{
    /// <summary>The session, or null if refused.</summary>
    public ISessionLog? Log { get; init; }

    /// <summary>The generation this attachment holds.</summary>
    public long Generation { get; init; }

    /// <summary>The attempt recorded.</summary>
    public long Attempt { get; init; }

    /// <summary>Whether the session goes on; false for a new one.</summary>
    public bool IsResumed { get; init; }

    /// <summary>The counters, read in the same step that raised the generation.</summary>
    public SessionPositions Positions { get; init; }

    /// <summary>What is lost, for a new session after a resume was asked.</summary>
    public IReadOnlyList<LostRange>? Lost { get; init; }

    /// <summary>How the session's last connection ended, if it is resumed.</summary>
    public ConnectionEnd? Previous { get; init; }

    /// <summary>Why it was refused, or null.</summary>
    public CloseReason? Refused { get; init; }
}
