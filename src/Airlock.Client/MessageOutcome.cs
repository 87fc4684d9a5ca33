namespace Airlock.Client;

/// <summary>How the handling of a message ended, if it was not refused.</summary>
public enum MessageOutcome
{
    /// <summary>The server handled it.</summary>
    Finished,
    /// <summary>A stop ended its handling.</summary>
    Stopped,
}
