namespace Airlock.Lab.Simulation;

/// <summary>What an intermediary takes out of an upgrade request, as load balancers do.</summary>
[Flags]
public enum StrippedHeaders
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The <c>Authorization</c> header.</summary>
    Authorization = 1,

    /// <summary>The <c>Sec-WebSocket-Protocol</c> header: the protocol, and a token that travels beside it.</summary>
    SubProtocol = 2,
}
