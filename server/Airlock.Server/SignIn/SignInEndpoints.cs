using System.Security.Claims;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;

namespace Airlock.Server.SignIn;

/// <summary>What the page calls to sign in: a cookie that only these calls use, and short-lived tokens for the socket.</summary>
public static class SignInEndpoints
{
    private const int NameLengthMax = 64;

    /// <summary>Maps <c>/auth/*</c>.</summary>
    public static void MapSignIn(this IEndpointRouteBuilder app)
    {
        var auth = app.MapGroup("/auth");
        auth.MapGet("/info", InfoAsync);
        if (app.ServiceProvider.GetRequiredService<IOptions<SignInOptions>>().Value.IsOidc)
        {
            return;
        }

        // A key that cannot be kept stops the start, not the first visitor.
        _ = app.ServiceProvider.GetRequiredService<LocalIssuer>();
        auth.MapPost("/sign-in", SignInAsync);
        auth.MapPost("/token", TokenAsync);
        auth.MapPost("/sign-out", static async (HttpContext context) =>
        {
            await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
            return Results.NoContent();
        });
    }

    private static async Task<SignInInfo> InfoAsync(HttpContext context, IOptions<SignInOptions> options)
    {
        var user = await UserAsync(context);
        return new SignInInfo(options.Value.IsOidc ? "oidc" : "local", options.Value.Authority, user is null ? null : new SignedInUser(user.FindFirstValue("name")!));
    }

    private static async Task<IResult> SignInAsync(HttpContext context, SignInRequest request)
    {
        var name = request.Name?.Trim();
        if (name is not { Length: > 0 and <= NameLengthMax } || name.Any(char.IsControl))
        {
            return Results.Json(new SignInRefusal("name_invalid", $"A name has 1 to {NameLengthMax} characters."), statusCode: StatusCodes.Status400BadRequest);
        }

        // Whoever signs in under the same name on this machine is the same user: it is for trying out.
        var identity = new ClaimsIdentity([new Claim("sub", name), new Claim("name", name)], CookieAuthenticationDefaults.AuthenticationScheme, "name", null);
        await context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, new ClaimsPrincipal(identity));
        return Results.Ok(new SignedIn(new SignedInUser(name)));
    }

    private static async Task<IResult> TokenAsync(HttpContext context, LocalIssuer issuer, IOptions<SignInOptions> options)
    {
        if (await UserAsync(context) is not { } user)
        {
            return Results.Json(new SignInRefusal("signed_out", "Sign in first."), statusCode: StatusCodes.Status401Unauthorized);
        }

        context.Response.Headers.CacheControl = "no-store";
        return Results.Ok(new IssuedToken(issuer.Issue(user.FindFirstValue("sub")!, user.FindFirstValue("name")!), (int)options.Value.TokenLifetime.TotalSeconds));
    }

    private static async Task<ClaimsPrincipal?> UserAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        return result.Succeeded ? result.Principal : null;
    }

    private sealed record SignInRequest(string? Name);

    private sealed record SignInInfo(string Mode, string? Authority, SignedInUser? User);

    private sealed record SignedInUser(string Name);

    private sealed record SignedIn(SignedInUser User);

    private sealed record IssuedToken(string Token, [property: JsonPropertyName("expiresIn")] int ExpiresIn);

    private sealed record SignInRefusal(string Cause, string Message);
}
