using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore.Tests;

/// <summary>Knows users by a key in a header or a cookie, until the second that another header says.</summary>
internal sealed class KeyScheme(IOptionsMonitor<KeySchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<KeySchemeOptions>(options, logger, encoder)
{
    /// <summary>Kim's key.</summary>
    internal const string Good = "secret-of-kim";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var key = Request.Headers["X-Api-Key"].FirstOrDefault() ?? Request.Cookies["key"];
        return key switch
        {
            null => Task.FromResult(AuthenticateResult.NoResult()),
            "nobody there" => throw new HttpRequestException("The keys are not to be had."),
            Good => Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "kim"), new Claim("plan", "gold")], "key")), Until(), Scheme.Name))),
            _ => Task.FromResult(AuthenticateResult.Fail("No such key.")),
        };
    }

    private AuthenticationProperties Until() =>
        new() { ExpiresUtc = Request.Headers["X-Key-Until"].FirstOrDefault() is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(long.Parse(seconds, CultureInfo.InvariantCulture)) : null };
}

internal sealed class KeySchemeOptions : AuthenticationSchemeOptions;
