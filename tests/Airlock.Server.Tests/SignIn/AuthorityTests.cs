using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Airlock.Client;
using Airlock.Core;
using Airlock.Server.Tests.Processes;

namespace Airlock.Server.Tests.SignIn;

/// <summary>The server with an OpenID Connect authority in place of its local issuer.</summary>
public sealed class AuthorityTests
{
    [Fact]
    public async Task Only_good_tokens_of_the_authority_are_accepted_and_the_local_issuer_is_off()
    {
        await using var authority = new StandInAuthority();
        await authority.StartAsync();
        await using var server = await ServerProcess.StartAsync(("SignIn:Authority", authority.Address));

        using var answer = await server.SendAsync(HttpMethod.Get, "/auth/info");
        var info = (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
        Assert.Equal(("oidc", authority.Address, null), ((string?)info["mode"], (string?)info["authority"], (string?)info["user"]));
        foreach (var path in new[] { "/auth/sign-in", "/auth/token", "/auth/sign-out" })
        {
            using var gone = await server.SendAsync(HttpMethod.Post, path);
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }

        Assert.False(File.Exists(Path.Combine(server.Directory, "data", "issuer-key.pem")));

        await using (var client = Connect(server, authority.Issue()))
        {
            await client.Ready.WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken);
        }

        await RefusesAsync(authority.Issue(audience: "another"), CloseReason.TokenInvalid);
        await RefusesAsync(authority.Issue(lifetime: -60), CloseReason.TokenExpired);
        await RefusesAsync(authority.Issue(forged: true), CloseReason.TokenInvalid);
        await RefusesAsync("nonsense", CloseReason.CredentialsMalformed);

        async Task RefusesAsync(string token, CloseReason reason)
        {
            await using var client = Connect(server, token);
            var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken));
            Assert.Equal((reason.Cause, reason.Code), (closed.Cause, closed.Code));
        }
    }

    [Fact]
    public async Task An_authority_that_is_down_is_our_fault_not_the_tokens_and_everything_recovers_when_it_comes()
    {
        await using var authority = new StandInAuthority();
        await using var server = await ServerProcess.StartAsync(("SignIn:Authority", authority.Address));
        var unavailable = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = Connect(server, authority.Issue(), change =>
        {
            if (change.Cause is not null)
            {
                unavailable.TrySetResult(change);
            }
        });

        var refused = await unavailable.Task.WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken);
        Assert.Equal("authentication_unavailable", refused.Cause);
        using (var ready = await server.SendAsync(HttpMethod.Get, "/health/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            var gates = (await ready.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!["gates"]!.AsArray();
            Assert.NotEqual("open", (string?)gates.Single(static g => (string?)g!["name"] == "token-keys")!["state"]);
        }

        await authority.StartAsync();
        await client.Ready.WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken);
    }

    private static AirlockClient Connect(ServerProcess server, string token, Action<ConnectionChange>? changed = null)
    {
        var client = new AirlockClient(server.Socket, new AirlockClientOptions { Token = _ => ValueTask.FromResult<string?>(token) });
        client.StateChanged += changed;
        client.Start();
        return client;
    }
}
