namespace Airlock.Core;

/// <summary>Whether a session can be resumed, and how.</summary>
public enum ResumeVerdict
{
    /// <summary>Whole: nothing is missing.</summary>
    Resumed,
    /// <summary>Entries the client lacks were acknowledged before and are gone: a new session, with what is lost.</summary>
    Trimmed,
    /// <summary>The client claims more than was ever sent.</summary>
    Impossible,
    /// <summary>A newer attempt has been seen.</summary>
    Stale,
}
