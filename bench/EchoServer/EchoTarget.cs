namespace EchoServer;

/// <summary>What answers.</summary>
internal enum EchoTarget
{
    /// <summary>A bare WebSocket: accept and echo. The measure of all others.</summary>
    Kestrel,
    /// <summary>The same behind JwtBearer and an authorization policy.</summary>
    KestrelJwt,
    /// <summary>A SignalR hub behind JwtBearer, JSON protocol.</summary>
    SignalR,
    /// <summary>Airlock: JwtBearer, a required gate, a session that can be resumed, acknowledgements.</summary>
    Airlock,
}
