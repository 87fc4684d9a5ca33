using System.Text;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>Which pages may connect. A browser sends cookies along for any page, so a foreign page must be refused (RFC 6455 §10.2).</summary>
internal sealed class Origins(IEnumerable<string> allowed)
{
    private readonly HashSet<string> _allowed = new(allowed, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a browser could send this. What it never sends would allow nobody, in silence: a user's name, and letters beyond ASCII, which it writes as <c>xn--…</c>.</summary>
    internal static bool IsOrigin(string value) =>
        value is "*" or "null" || (Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.UserInfo.Length == 0 && Ascii.IsValid(value)
            && string.Equals(uri.GetLeftPart(UriPartial.Authority), value, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a request's origin may connect. No origin is no page: other clients are not bound by it.</summary>
    internal bool Admit(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || IsOwn(origin, request) || _allowed.Contains(origin) || _allowed.Contains("*");
    }

    /// <summary>
    /// Same host and port as the request, as far as the application lets forwarded headers change these. Behind a proxy that ends TLS the request may
    /// look like plain HTTP, so the page may be https then; but a page without TLS never reaches an endpoint with it.
    /// </summary>
    private static bool IsOwn(string origin, HttpRequest request)
    {
        var split = origin.IndexOf("://", StringComparison.Ordinal);
        if (split < 0 || !request.Host.HasValue)
        {
            return false;
        }

        var isHttps = origin.AsSpan(0, split).Equals("https", StringComparison.OrdinalIgnoreCase);
        var isHttp = origin.AsSpan(0, split).Equals("http", StringComparison.OrdinalIgnoreCase);
        return (isHttps || (isHttp && !request.IsHttps)) && string.Equals(origin[(split + 3)..], WithoutStandardPort(request.Host, isHttps), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Origins never show a standard port; a Host header may.</summary>
    private static string WithoutStandardPort(HostString host, bool isHttps) => host.Port == (isHttps ? 443 : 80) ? new HostString(host.Host).ToUriComponent() : host.ToUriComponent();
}
