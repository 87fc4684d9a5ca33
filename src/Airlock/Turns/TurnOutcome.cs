namespace Airlock;

/// <summary>What became of one try of a turn.</summary>
internal enum TurnOutcome
{
    /// <summary>Committed.</summary>
    Finished,
    /// <summary>Ended by the client's stop, or with its session.</summary>
    Stopped,
    /// <summary>Failed; another try follows.</summary>
    Retried,
    /// <summary>Failed for the last time; the message is refused.</summary>
    Failed,
    /// <summary>Broken off because the process ends; the session's next owner tries again.</summary>
    Interrupted,
}
