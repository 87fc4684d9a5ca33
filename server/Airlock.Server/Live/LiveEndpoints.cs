using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.Options;

namespace Airlock.Server.Live;

/// <summary>The live view: its page, its sign-in, its feed, and the causes it refers to.</summary>
public static class LiveEndpoints
{
    /// <summary>Where it is.</summary>
    public const string Path = "/live";

    // One look is small, and there is never more than one on its way.
    private static readonly EndpointOptions _feed = new() { MessageBytesMax = 8 * 1024, WaitsForGates = false };

    /// <summary>Maps <c>/live</c>, <c>/live/sign-in</c>, <c>/live/sign-out</c>, <c>/live/feed</c> and <c>/causes</c>.</summary>
    public static void MapLive(this WebApplication app)
    {
        app.MapGet(Path, PageAsync);
        app.MapPost($"{Path}/sign-in", SignInAsync);
        app.MapPost($"{Path}/sign-out", static async (HttpContext context) =>
        {
            await context.SignOutAsync(LiveAccess.Scheme);
            return Results.NoContent();
        });
        app.MapAirlock($"{Path}/feed", LiveFeed.HandleAsync, _feed).RequireAuthorization(LiveAccess.Policy);
        app.MapCauses();
    }

    /// <summary>Prints the administrator link once the server listens. To the console and nowhere else: logs are kept, and read by others.</summary>
    public static void PrintLiveLink(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<LiveOptions>>().Value;
        if (options.PrintLink && app.Urls.Select(AddressOf).FirstOrDefault(static address => address is not null) is { } address)
        {
            var key = app.Services.GetRequiredService<LiveKey>().Make();
            Console.WriteLine($"Live view: {address}{Path}#key={key} (opens once, within {options.LinkLifetime.TotalMinutes.ToString("0.##", CultureInfo.InvariantCulture)} minutes)");
        }
    }

    /// <summary>An address that a browser on this machine can open; null for a Unix socket.</summary>
    internal static string? AddressOf(string url)
    {
        var address = BindingAddress.Parse(url);
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "localhost" : address.Host;
        return address.IsUnixPipe || address.IsNamedPipe ? null : $"{address.Scheme}://{host}:{address.Port.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The same page for everybody: it holds no data, and says what to do. The status says whether it will be of use.</summary>
    private static async Task<IResult> PageAsync(HttpContext context, IAuthorizationPolicyProvider policies, IPolicyEvaluator evaluator)
    {
        var policy = (await policies.GetPolicyAsync(LiveAccess.Policy))!;
        var user = await evaluator.AuthenticateAsync(policy, context);
        var verdict = await evaluator.AuthorizeAsync(policy, user, context, resource: null);
        context.Response.Headers.CacheControl = "no-store";
        var status = verdict.Succeeded ? StatusCodes.Status200OK : verdict.Forbidden ? StatusCodes.Status403Forbidden : StatusCodes.Status401Unauthorized;
        return Results.Text(await File.ReadAllTextAsync(Pages.FileOf("live/index.html"), context.RequestAborted), "text/html; charset=utf-8", statusCode: status);
    }

    private static async Task<IResult> SignInAsync(HttpContext context, LiveSignIn request, LiveKey key, IOptions<LiveOptions> options)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!IsOfThisSite(context.Request))
        {
            return Results.Json(new LiveRefusal("origin_refused", "Only the server's own page signs in here."), statusCode: StatusCodes.Status403Forbidden);
        }

        if (!key.TryUse(request.Key))
        {
            return Results.Json(
                new LiveRefusal("key_refused", "The link is not the latest one, was opened before, or has expired. A start of the server prints a new one."),
                statusCode: StatusCodes.Status401Unauthorized);
        }

        var identity = new ClaimsIdentity([new Claim("sub", "console"), new Claim("name", "Administrator"), new Claim("role", options.Value.Role)], LiveAccess.Scheme, "name", "role");
        await context.SignInAsync(LiveAccess.Scheme, new ClaimsPrincipal(identity));
        return Results.NoContent();
    }

    private static bool IsOfThisSite(HttpRequest request) =>
        request.Headers.Origin.ToString() is var origin && (origin.Length == 0
            || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)));

    private sealed record LiveSignIn(string? Key);

    private sealed record LiveRefusal(string Cause, string Message);
}
