namespace Airlock.Lab.Wire;

/// <summary>The golden path, step by step. A walk fails in the one that it does not finish.</summary>
internal enum ProbePhase
{
    /// <summary>A token or a ticket is fetched.</summary>
    Credentials,

    /// <summary>The name is looked up and TCP connects.</summary>
    Connect,

    /// <summary>TLS, and the answer to the upgrade.</summary>
    Upgrade,

    /// <summary>The server's first frame.</summary>
    Open,

    /// <summary>The server knows who it is.</summary>
    Authenticated,

    /// <summary>Services, session: ready for messages.</summary>
    Ready,

    /// <summary>From sending the message to the first event of the answer.</summary>
    FirstEvent,

    /// <summary>To the end of the answer.</summary>
    Answered,

    /// <summary>The goodbye.</summary>
    Closed,
}
