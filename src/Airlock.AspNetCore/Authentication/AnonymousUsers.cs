using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>
/// Who unknown users are. A signed cookie proposes who the user of a new session is, the same for every tab of a browser; from then on the session's proof says it,
/// so that a cookie which another tab replaced, or which was cleared or blocked, takes no session away.
/// </summary>
/// <remarks>Nobody can choose to be somebody else: both are sealed by Data Protection for this application, a proof also for its endpoint and session.</remarks>
/// <param name="protection">Seals.</param>
/// <param name="application">The application, apart from others that share its keys and host; empty if there is no telling.</param>
internal sealed class AnonymousUsers(IDataProtectionProvider protection, string application)
{
    private const string Cookie = "airlock.anonymous";
    private const string Issuer = "anonymous";
    private const int SealedLengthMax = 1024;
    private const int CookiesMax = 16;
    private readonly IDataProtector _cookies = protection.CreateProtector("Airlock.Anonymous.v1", application);
    private readonly IDataProtector _proofs = protection.CreateProtector("Airlock.Anonymous.Proof.v1", application);
    private readonly SystemEntropy _entropy = new();

    /// <summary>The user whom the request's cookie proposes, or a new one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="setCookie">Adds the cookie of a new user to a response; null if there is one.</param>
    internal string Propose(HttpRequest request, out Action<HttpResponse>? setCookie)
    {
        setCookie = null;
        foreach (var cookie in Sent(request))
        {
            if (Unseal(_cookies, cookie) is { Length: > 0 } known)
            {
                return known;
            }
        }

        var subject = _entropy.NewId('a');
        var isSecure = request.IsHttps;
        var path = request.PathBase.HasValue ? request.PathBase.Value : "/";
        setCookie = response => response.Cookies.Append(Cookie, _cookies.Protect(subject), new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = isSecure, Path = path });
        return subject;
    }

    /// <summary>The user at an endpoint: by the proof of the session that is to be resumed, else as proposed.</summary>
    internal AuthenticationOutcome Decide(string endpoint, string proposed, Core.ResumeRequest? resume)
    {
        var protector = _proofs.CreateProtector(endpoint);
        // The session's id has no line break: what follows it is the user.
        var start = $"{resume?.Session}\n";
        var user = resume is { Session: not null, Proof: { } proof } && Unseal(protector, proof) is { } text && text.StartsWith(start, StringComparison.Ordinal) ? text[start.Length..] : proposed;
        return AuthenticationOutcome.Accept(new Principal(Issuer, user) { IsAnonymous = true }) with { Prove = session => protector.Protect($"{session}\n{user}") };
    }

    /// <summary>
    /// All cookies of that name. Applications at other paths or ports of one host, and at a parent domain, have their own, and a browser sends them together: which comes first or last says
    /// nothing, only one that can be read is meant for this application.
    /// </summary>
    private static IEnumerable<string> Sent(HttpRequest request) => request.Headers.Cookie
        .SelectMany(static header => (header ?? "").Split(';', StringSplitOptions.TrimEntries))
        .Where(static pair => pair.StartsWith(Cookie + "=", StringComparison.Ordinal))
        .Select(static pair => pair[(Cookie.Length + 1)..])
        .Take(CookiesMax);

    private static string? Unseal(IDataProtector protector, string text)
    {
        if (text.Length > SealedLengthMax)
        {
            return null;
        }

        try
        {
            return protector.Unprotect(text);
        }
        catch (CryptographicException)
        {
            // Of another key ring, application, endpoint, or made up: it names nobody.
            return null;
        }
    }
}
