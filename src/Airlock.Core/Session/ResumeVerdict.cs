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
    /// <summary>The client can less than what the session may contain: a new session, with what is lost.</summary>
    Unable,
    /// <summary>The client said bye, and all that was left to do is done by this position: a new session, and nothing is lost.</summary>
    Finished,
    /// <summary>A newer attempt has been seen.</summary>
    Stale,
}
