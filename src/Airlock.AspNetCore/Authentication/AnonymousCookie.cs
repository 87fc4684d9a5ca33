using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>Who an unknown user is: a random subject in a signed cookie, so that the same browser can resume its sessions and nobody can choose to be somebody else.</summary>
internal sealed class AnonymousCookie(IDataProtectionProvider protection)
{
    private const string Name = "airlock.anonymous";
    private readonly IDataProtector _protector = protection.CreateProtector("Airlock.Anonymous.v1");
    private readonly SystemEntropy _entropy = new();

    /// <summary>The subject of the request's cookie, or a new one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="setCookie">Adds the cookie of a new subject to a response; null if there is one.</param>
    internal string Subject(HttpRequest request, out Action<HttpResponse>? setCookie)
    {
        setCookie = null;
        if (request.Cookies[Name] is { Length: <= 1024 } cookie)
        {
            try
            {
                return _protector.Unprotect(cookie);
            }
            catch (CryptographicException)
            {
                // Of another key ring, or made up: it names nobody.
            }
        }

        var subject = _entropy.NewId('a');
        var isSecure = request.IsHttps;
        var path = request.PathBase.HasValue ? request.PathBase.Value : "/";
        setCookie = response => response.Cookies.Append(Name, _protector.Protect(subject), new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = isSecure, Path = path });
        return subject;
    }
}
