using Airlock.Client;
using Airlock.Server.Tests.Processes;

namespace Airlock.Server.Tests.Proxies;

/// <summary>The .NET client behind an nginx that strips what the client needs.</summary>
public sealed class StrippedHeaderTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly ServerProcess _server = fixture.Server;

    [Fact]
    public async Task A_stripped_authorization_header_is_named_and_hello_carries_the_token()
    {
        await using var nginx = await NginxAsync("Authorization");
        await using var client = await ConnectAsync(nginx, CredentialCarrier.AuthorizationHeader);
        await client.Ready.WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken);
        Assert.Contains("stripped on the way: authorization", _server.Output);
    }

    [Theory]
    [InlineData(CredentialCarrier.Hello)]
    [InlineData(CredentialCarrier.SubProtocol)]
    public async Task A_stripped_sub_protocol_is_reported_with_its_cause(CredentialCarrier carrier)
    {
        await using var nginx = await NginxAsync("Sec-WebSocket-Protocol");
        await using var client = await ConnectAsync(nginx, carrier);
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken));
        Assert.Equal(("protocol_unsupported", 4030, 400), (closed.Cause, closed.Code, closed.HttpStatus));
    }

    private async Task<NginxProcess> NginxAsync(string strips)
    {
        Assert.SkipWhen(NginxProcess.Program is null, "nginx is not installed.");
        return await NginxProcess.StartAsync(_server.Http.BaseAddress!, strips);
    }

    private async Task<AirlockClient> ConnectAsync(NginxProcess nginx, CredentialCarrier carrier)
    {
        var (_, token) = await _server.SignInAsync("proxied");
        var client = new AirlockClient(nginx.Address, new AirlockClientOptions { CredentialsIn = carrier, Token = _ => ValueTask.FromResult<string?>(token) });
        client.Start();
        return client;
    }
}
