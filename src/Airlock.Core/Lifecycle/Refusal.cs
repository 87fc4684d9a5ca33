namespace Airlock.Core;

/// <summary>Why an event was refused. A refused event changes nothing but the flight record.</summary>
public enum Refusal
{
    /// <summary>It has no meaning in this state yet.</summary>
    TooEarly,
    /// <summary>Its time is over.</summary>
    TooLate,
    /// <summary>It happened already.</summary>
    Repeated,
    /// <summary>It completes an effect, or names a deadline, that is not running.</summary>
    Stale,
    /// <summary>The connection has ended.</summary>
    Terminal,
}
