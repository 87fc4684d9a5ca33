namespace Airlock.Core;

/// <summary>What a client does after a close; follows from the range of the close code (<c>spec/wire.md</c> §7).</summary>
public enum RetryAdvice
{
    /// <summary>Stop and tell the user.</summary>
    Never,
    /// <summary>Start a new session after a back-off.</summary>
    New,
    /// <summary>Reconnect now and resume.</summary>
    Resume,
    /// <summary>Reconnect after the server's hint, or a back-off, and resume.</summary>
    ResumeLater,
}
