using System.Net.WebSockets;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>An upgrade request, as the legacy endpoint sees it.</summary>
/// <param name="Connection">The connection's name in the trace.</param>
/// <param name="Token">The token that came with it, or null.</param>
/// <param name="AcceptAsync">Accepts it, with a sub-protocol or none.</param>
internal sealed record LegacyUpgrade(string Connection, string? Token, Func<string?, ValueTask<WebSocket>> AcceptAsync)
{
    /// <summary>Reads the request's HTTP session, as the incident's context middleware did. It throws where nothing was installed that has sessions, as in the simulation.</summary>
    public Action ReadSession { get; init; } = static () => throw new InvalidOperationException("SessionMiddleware must be installed to access request.session");
}
