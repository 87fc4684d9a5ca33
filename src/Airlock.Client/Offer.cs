using Airlock.Core;

namespace Airlock.Client;

/// <summary>The credentials of one connection and where they travel. Its text never shows them.</summary>
internal sealed class Offer
{
    private readonly HelloCredentials? _credentials;

    private Offer(HelloCredentials? credentials, string? carrier) => (_credentials, Carrier) = (credentials, carrier);

    /// <summary>The carrier on the request, by its name on the wire; null if none is used.</summary>
    public string? Carrier { get; }

    /// <summary>What <c>hello</c> says was sent.</summary>
    public IReadOnlyList<string> Sent => Carrier is null ? [] : [Carrier];

    /// <summary>The token or ticket to put on the request.</summary>
    public string Secret => _credentials?.Token ?? _credentials?.Ticket ?? "";

    /// <summary>Decides where credentials can travel.</summary>
    /// <param name="token">The token, or null.</param>
    /// <param name="ticket">The ticket, or null.</param>
    /// <param name="wanted">Where the application wants them.</param>
    /// <exception cref="ArgumentException">No server would read them.</exception>
    public static Offer Of(string? token, string? ticket, CredentialCarrier wanted)
    {
        Check(token);
        Check(ticket);
        if (!string.IsNullOrEmpty(ticket))
        {
            return new Offer(new HelloCredentials { Ticket = ticket }, wanted == CredentialCarrier.Query ? "ticket" : null);
        }

        if (string.IsNullOrEmpty(token))
        {
            return new Offer(null, null);
        }

        var carrier = wanted switch
        {
            CredentialCarrier.SubProtocol when token.All(IsTokenCharacter) => "subprotocol",
            CredentialCarrier.AuthorizationHeader when token.All(static c => c is > ' ' and <= '~') => "authorization",
            _ => null,
        };
        return new Offer(new HelloCredentials { Token = token }, carrier);
    }

    /// <summary>What goes into <c>hello</c>: nothing if the request's carrier arrived.</summary>
    /// <param name="arrived">The carriers that the server saw.</param>
    public HelloCredentials? InHello(IReadOnlyList<string> arrived) => Carrier is not null && arrived.Contains(Carrier) ? null : _credentials;

    /// <summary>Those of <see cref="Sent"/> that did not arrive.</summary>
    /// <param name="arrived">The carriers that the server saw.</param>
    public IReadOnlyList<string> Stripped(IReadOnlyList<string> arrived) => [.. Sent.Where(carrier => !arrived.Contains(carrier))];

    /// <summary>Refuses a token or ticket that may not stand in a frame (<c>spec/wire.md</c> §2); none is legal.</summary>
    /// <exception cref="ArgumentException">It is too long, or has a control character.</exception>
    public static void Check(string? secret)
    {
        if (secret is not null && (secret.Length > WireLimits.TokenLengthMax || secret.Any(char.IsControl)))
        {
            throw new ArgumentException($"A token or ticket has at most {WireLimits.TokenLengthMax} characters and no control character.", nameof(secret));
        }
    }

    /// <summary>What may stand in a sub-protocol (RFC 9110 §5.6.2). Every JWT does.</summary>
    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c);
}
