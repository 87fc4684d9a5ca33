namespace Airlock.Core;

/// <summary>Which close frames of a closing connection have gone by (RFC 6455 §7.1.4: both end it cleanly).</summary>
public enum CloseHandshake
{
    /// <summary>None.</summary>
    None,
    /// <summary>This side's.</summary>
    Sent,
    /// <summary>The peer's.</summary>
    Received,
}
