using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Airlock.Server.SignIn;

/// <summary>Keeps the local issuer, which lets anybody in, on this machine, unless <see cref="SignInOptions.AllowRemote"/> is set.</summary>
public static class LoopbackGuard
{
    private const string WayOut = "Set SignIn:Authority to an OpenID Connect authority, or SignIn:AllowRemote=true if everybody who reaches it may sign in under any name.";

    /// <summary>Refuses to listen where other machines reach the server: the start fails with an <see cref="IOException"/> that says what to do.</summary>
    public static IServiceCollection AddLoopbackGuard(this IServiceCollection services)
    {
        services.AddOptions<SocketTransportOptions>().Configure<IOptions<SignInOptions>>(static (sockets, signIn) =>
        {
            if (signIn.Value.IsLocalOnly)
            {
                // Every address comes through here before it listens, whichever setting it is from and whatever its name resolves to.
                sockets.CreateBoundListenSocket = Bind;
            }
        });
        return services;
    }

    /// <summary>
    /// Refuses requests from elsewhere, and those under a foreign host name: a page whose name is made to point to this machine (DNS rebinding)
    /// would pass for the server's own. To be called before anything that answers.
    /// </summary>
    public static void UseLoopbackGuard(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<SignInOptions>>().Value.IsLocalOnly)
        {
            return;
        }

        app.Use(static (context, next) => RefuseAsync(context) ?? next(context));
    }

    /// <summary>Whether a host name always means the machine of whoever uses it (RFC 6761 §6.3, RFC 1122 §3.2.1.3).</summary>
    internal static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static Socket Bind(EndPoint endpoint) => endpoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address)
        ? SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint)
        : throw new IOException($"The local sign-in lets anybody in, so it does not listen on {endpoint}. {WayOut}");

    /// <summary>Whether a request comes from this machine, and everybody that a proxy speaks for does, too.</summary>
    internal static bool IsFromHere(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote) && ComesFromHere(context.Request.Headers["X-Forwarded-For"]);

    /// <summary>Refuses a request from elsewhere.</summary>
    internal static Task RefuseAsync(HttpContext context, string message) => WriteAsync(context, StatusCodes.Status403Forbidden, "remote_refused", message);

    private static Task? RefuseAsync(HttpContext context)
    {
        if (!IsFromHere(context))
        {
            return RefuseAsync(context, $"The local sign-in lets anybody in, so this server answers its own machine only. {WayOut}");
        }

        return IsLoopback(context.Request.Host.Host)
            ? null
            : WriteAsync(context, StatusCodes.Status400BadRequest, "host_refused", $"The local sign-in lets anybody in, so this server answers under localhost or a loopback address only, also behind a proxy. {WayOut}");
    }

    /// <summary>Whether everybody that a proxy on this machine speaks for is here, too. Not every proxy tells.</summary>
    private static bool ComesFromHere(IEnumerable<string?> forwardedFor) =>
        forwardedFor.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .All(static client => IPEndPoint.TryParse(client, out var address) && IPAddress.IsLoopback(address.Address));

    private static Task WriteAsync(HttpContext context, int status, string cause, string message)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new Refusal(cause, message), statusCode: status).ExecuteAsync(context);
    }

    private sealed record Refusal(string Cause, string Message);
}
