namespace Airlock.AspNetCore;

/// <summary>Metadata of a route that opens WebSockets.</summary>
internal sealed record SocketMarker;
