using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Airlock.Server.SignIn;

/// <summary>Stops the server at its start if the local issuer, which lets anybody in, would be reachable from other machines.</summary>
public sealed partial class LoopbackGuard(IServer server, IOptions<SignInOptions> options, IHostApplicationLifetime lifetime, ILogger<LoopbackGuard> logger) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        if (!options.Value.IsOidc && !options.Value.AllowRemote && addresses.FirstOrDefault(static address => !IsLoopback(address)) is { } open)
        {
            LogRefused(open, Pages.DefaultAddress);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether only this machine reaches an address. Wildcards (<c>*</c>, <c>+</c>, <c>[::]</c>) are reached by all.</summary>
    internal static bool IsLoopback(string address)
    {
        var host = BindingAddress.Parse(address).Host.Trim('[', ']');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip));
    }

    [LoggerMessage(EventId = 20, Level = LogLevel.Critical, Message =
        "The local sign-in lets anybody in, so it does not serve {Address}. Listen on {Loopback}, set SignIn:Authority to an OpenID Connect authority, or set SignIn:AllowRemote=true if you mean it.")]
    private partial void LogRefused(string address, string loopback);
}
