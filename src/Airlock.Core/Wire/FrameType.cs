namespace Airlock.Core;

/// <summary>The frames of <c>spec/wire.md</c>; on the wire the name in lower case.</summary>
public enum FrameType
{
    /// <summary>Server: the connection is accepted.</summary>
    Open,
    /// <summary>Client: who it is and whether it resumes.</summary>
    Hello,
    /// <summary>Server: who the user is.</summary>
    Authed,
    /// <summary>Server: the state of a gate.</summary>
    Gate,
    /// <summary>Server: the session is attached; messages are handled.</summary>
    Ready,
    /// <summary>Both: an application message.</summary>
    Data,
    /// <summary>Both: positions.</summary>
    Ack,
    /// <summary>Server: a message will not be processed.</summary>
    Nack,
    /// <summary>Server: provisional data is final.</summary>
    End,
    /// <summary>Server: provisional data is withdrawn.</summary>
    Void,
    /// <summary>Server: the connection should move.</summary>
    Drain,
    /// <summary>Server: credentials expire soon. Client: new credentials.</summary>
    Refresh,
    /// <summary>Server: why the close follows.</summary>
    Closing,
    /// <summary>Server: are you there?</summary>
    Ping,
    /// <summary>Client: here.</summary>
    Pong,
    /// <summary>Client: stop handling a message.</summary>
    Stop,
    /// <summary>Client: no more input.</summary>
    Bye,
    /// <summary>Server: pushes that did not fit here and will not come.</summary>
    Gap,
    /// <summary>Server: a numbered frame of a type that is not known here. It counts as received and handled, and says nothing else.</summary>
    Unknown,
}
