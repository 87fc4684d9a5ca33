namespace Airlock.Core;

/// <summary>The deadlines a connection can have; each runs in the states the table of <c>spec/lifecycle.md</c> names.</summary>
public enum DeadlineKind
{
    /// <summary>When to give up waiting for <c>hello</c>: the client's fault.</summary>
    Hello,
    /// <summary>When to give up validating credentials: the server's fault.</summary>
    Authentication,
    /// <summary>When to give up waiting for required gates.</summary>
    Gate,
    /// <summary>When to give up attaching to the session.</summary>
    Attach,
    /// <summary>When to ask a silent peer for a sign of life.</summary>
    Idle,
    /// <summary>When to give up on a peer that did not answer.</summary>
    Pong,
    /// <summary>When to give up on a peer that does not read.</summary>
    Write,
    /// <summary>When to ask for new credentials.</summary>
    Refresh,
    /// <summary>When the credentials expire.</summary>
    Expiry,
    /// <summary>When a draining connection is closed.</summary>
    Drain,
    /// <summary>When to abort an unfinished closing handshake.</summary>
    Close,
}
