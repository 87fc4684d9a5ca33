namespace Airlock.Core;

/// <summary>What an acknowledgement did.</summary>
public enum AckVerdict
{
    /// <summary>It was applied (also if it said nothing new).</summary>
    Applied,
    /// <summary>It is beyond what was sent; nothing changed.</summary>
    BeyondAppended,
    /// <summary>It is lower than an earlier one; nothing changed.</summary>
    Backward,
    /// <summary>It comes from an older generation; nothing changed.</summary>
    Fenced,
    /// <summary>The session has ended, and its connection is told why; nothing changed.</summary>
    Ended,
}
