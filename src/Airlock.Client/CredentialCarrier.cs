namespace Airlock.Client;

/// <summary>Where a client puts its credentials (<c>spec/wire.md</c> §8). One that is stripped on the way is named, and <c>hello</c> carries them instead.</summary>
public enum CredentialCarrier
{
    /// <summary>The first frame. Nothing between client and server can strip it.</summary>
    Hello,
    /// <summary>The sub-protocol value <c>airlock.token.…</c>; for tokens only. A token that is not legal there travels in <c>hello</c>.</summary>
    SubProtocol,
    /// <summary>The header <c>Authorization: Bearer …</c>; for tokens only.</summary>
    AuthorizationHeader,
    /// <summary>The query parameter <c>ticket</c>; for tickets only, never for a token.</summary>
    Query,
}
