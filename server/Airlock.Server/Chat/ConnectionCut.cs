using System.Security.Claims;
using Airlock.Server.SignIn;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace Airlock.Server.Chat;

/// <summary>The page's button that cuts a connection: a browser can only close one, so the server drops the socket without a word, as a network does that breaks.</summary>
public static class ConnectionCut
{
    private const int IdLengthMax = 128;

    /// <summary>Maps <c>POST /demo/cut</c>: 204, or 404 if the user has no such connection.</summary>
    public static void MapConnectionCut(this IEndpointRouteBuilder app) => app.MapPost("/demo/cut", Cut)
        .RequireAuthorization(static policy => policy.AddAuthenticationSchemes(CookieAuthenticationDefaults.AuthenticationScheme, JwtBearerDefaults.AuthenticationScheme).RequireAuthenticatedUser());

    private static IResult Cut(CutRequest request, ClaimsPrincipal user, AirlockServer server)
    {
        // Whoever is signed in by the page's cookie got the socket's token from the local issuer.
        var issuer = user.FindFirstValue("iss") ?? LocalIssuer.Name;
        return request.Connection is { Length: > 0 and <= IdLengthMax } id
            && server.Observation.Report(id)?.Principal is { } owner && owner.Issuer == issuer && owner.Subject == user.FindFirstValue("sub")
            && server.Abort(id)
                ? Results.NoContent()
                : Results.Json(new CutRefusal("connection_unknown", "You have no such connection."), statusCode: StatusCodes.Status404NotFound);
    }

    private sealed record CutRequest(string? Connection);

    private sealed record CutRefusal(string Cause, string Message);
}
