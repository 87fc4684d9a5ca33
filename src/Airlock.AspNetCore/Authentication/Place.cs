namespace Airlock.AspNetCore;

/// <summary>An endpoint of the driver at its final path, who may come in there, and what the handler takes of the route. The same object for the socket and its tickets: that is what makes them belong together.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Access">Who may come in.</param>
/// <param name="Routes">What the handler takes of the route.</param>
internal sealed record Place(Endpoint Endpoint, Access Access, IReadOnlyList<RouteArgument> Routes);
