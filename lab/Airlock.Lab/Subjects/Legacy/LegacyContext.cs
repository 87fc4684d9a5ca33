namespace Airlock.Lab.Subjects.Legacy;

/// <summary>Who a connection acts for (dossier §2.11).</summary>
/// <param name="Id">The context's own id.</param>
/// <param name="User">The user.</param>
/// <param name="ClientId">The connection's id as authentication mints it: <c>ws_user_second_random</c>, the one in the incident's log.</param>
internal sealed record LegacyContext(string Id, string User, string ClientId);
