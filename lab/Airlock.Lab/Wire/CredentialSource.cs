using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Airlock.Core;

namespace Airlock.Lab.Wire;

/// <summary>Fetches what a walk shows: the token it was given, a ticket, or a token of the page's own sign-in where the server offers one.</summary>
internal sealed class CredentialSource(ProbeOptions options) : IDisposable
{
    private const string SignIn = "auth/sign-in";

    // The page's sign-in keeps its cookies to itself: each fetch is another user's.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
    private bool _hasSignIn;

    private Uri Origin => new UriBuilder(options.Url) { Scheme = options.Url.Scheme == "wss" ? "https" : "http", Port = options.Url.IsDefaultPort ? -1 : options.Url.Port, Path = "/", Query = "" }.Uri;

    /// <summary>Looks whether the server has the page's own sign-in, without posting to it: an address that takes a POST says so to a GET. Only of a server that speaks Airlock; else nothing is looked for.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LookForSignInAsync(CancellationToken cancellationToken)
    {
        if (options.Token is null && options.TicketUrl is null)
        {
            using var answer = await _http.GetAsync(new Uri(Origin, SignIn), cancellationToken);
            _hasSignIn = answer.StatusCode == HttpStatusCode.MethodNotAllowed && answer.Content.Headers.Allow.Contains("POST");
        }
    }

    /// <summary>What one walk shows.</summary>
    /// <param name="number">The walk's number: whose it is where the lab may choose.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="WireException">It is refused.</exception>
    public async Task<ProbeCredentials> FetchAsync(int number, CancellationToken cancellationToken)
    {
        if (options.TicketUrl is not null)
        {
            return new ProbeCredentials { InHello = new HelloCredentials { Ticket = await TicketAsync(options.TicketUrl, options.Token, cancellationToken) } };
        }

        return await TokenAsync(number, cancellationToken) is { } token ? new ProbeCredentials { InHello = new HelloCredentials { Token = token } } : ProbeCredentials.None;
    }

    /// <summary>The token that is shown, or null for none.</summary>
    public async Task<string?> TokenAsync(int number, CancellationToken cancellationToken)
    {
        if (options.Token is not null || !_hasSignIn)
        {
            return options.Token;
        }

        using var signedIn = await _http.PostAsJsonAsync(new Uri(Origin, SignIn), new Dictionary<string, string> { ["name"] = string.Create(CultureInfo.InvariantCulture, $"probe-{number}") }, cancellationToken);
        Check(signedIn, "sign-in");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Origin, "auth/token"));
        request.Headers.Add("Cookie", string.Join("; ", signedIn.Headers.GetValues("Set-Cookie").Select(static cookie => cookie.Split(';')[0])));
        using var answer = await _http.SendAsync(request, cancellationToken);
        Check(answer, "token");
        return await FieldAsync(answer, "token", cancellationToken);
    }

    /// <summary>A ticket, fetched with a token if there is one.</summary>
    public async Task<string> TicketAsync(Uri url, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        using var answer = await _http.SendAsync(request, cancellationToken);
        Check(answer, "ticket");
        return await FieldAsync(answer, "ticket", cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static void Check(HttpResponseMessage answer, string what)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new WireException(string.Create(CultureInfo.InvariantCulture, $"The {what} was refused: HTTP {(int)answer.StatusCode}."));
        }
    }

    private static async Task<string> FieldAsync(HttpResponseMessage answer, string name, CancellationToken cancellationToken)
    {
        try
        {
            using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            return document.RootElement.GetProperty(name).GetString() ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new WireException($"The answer has no {name}: {answer.RequestMessage!.RequestUri}");
        }
    }
}
