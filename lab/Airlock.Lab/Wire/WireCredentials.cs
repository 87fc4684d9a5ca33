namespace Airlock.Lab.Wire;

/// <summary>What a client shows, and where.</summary>
/// <param name="Token">The token, or null for none.</param>
/// <param name="InSubProtocol">Whether it travels in the sub-protocol rather than in the Authorization header.</param>
internal sealed record WireCredentials(string? Token, bool InSubProtocol = false);
