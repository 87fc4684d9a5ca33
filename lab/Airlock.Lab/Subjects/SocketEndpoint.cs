using System.Net.WebSockets;

namespace Airlock.Lab.Subjects;

/// <summary>Serves one connection whose upgrade has been accepted, to its end.</summary>
/// <param name="socket">The server's end.</param>
/// <param name="token">What the client shows in order to come in, or null.</param>
public delegate Task SocketEndpoint(WebSocket socket, string? token);
