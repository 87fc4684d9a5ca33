using Airlock.Core;

namespace Airlock;

/// <summary>Finds out who a connection belongs to. Called once after <c>hello</c>, and again for each <c>refresh</c>.</summary>
/// <param name="request">The request, with the credentials it carried.</param>
/// <param name="credentials">What <c>hello</c> or <c>refresh</c> carried, or null.</param>
/// <param name="refresh">Whether <paramref name="credentials"/> come from a <c>refresh</c>; the request's own do not count then.</param>
/// <param name="cancellationToken">Cancelled when the connection is given up.</param>
/// <returns>The outcome. An exception means a bug: the connection closes with <see cref="CloseReason.InternalError"/>.</returns>
public delegate ValueTask<AuthenticationOutcome> Authenticate(ConnectionRequest request, HelloCredentials? credentials, bool refresh, CancellationToken cancellationToken);
