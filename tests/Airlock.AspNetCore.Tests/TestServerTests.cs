using System.Net;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Airlock.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airlock.AspNetCore.Tests;

/// <summary>The .NET client over a server in memory, without a port: what an application's own tests do.</summary>
public sealed partial class TestServerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(CredentialCarrier.Hello)]
    [InlineData(CredentialCarrier.SubProtocol)]
    [InlineData(CredentialCarrier.AuthorizationHeader)]
    public async Task Client_talks_is_cut_and_resumes(CredentialCarrier carrier)
    {
        await using var app = await StartAsync();
        var server = app.GetTestServer();
        var sockets = new List<WebSocket>();
        var connect = OverTestServer(server);
        var resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new AirlockClient(new Uri("ws://localhost/chat"), new AirlockClientOptions
        {
            Token = static _ => new(Tokens.For("ann")),
            CredentialsIn = carrier,
            WebSocketFactory = async (request, cancellation) =>
            {
                var socket = await connect(request, cancellation);
                sockets.Add(socket);
                return socket;
            },
        });
        client.StateChanged += change =>
        {
            if (change.Resumed == true)
            {
                resumed.TrySetResult();
            }
        };
        client.Start();
        Assert.Equal(MessageOutcome.Finished, await client.Send("one").Done.WaitAsync(Patience.Max, Cancellation));
        sockets[0].Abort();
        Assert.Equal(MessageOutcome.Finished, await client.Send("two").Done.WaitAsync(Patience.Max, Cancellation));
        await resumed.Task.WaitAsync(Patience.Max, Cancellation);
        await client.LeaveAsync(Cancellation).WaitAsync(Patience.Max, Cancellation);
        var answers = new List<string?>();
        await foreach (var message in client.MessagesAsync(Cancellation))
        {
            answers.Add(message.As<string>());
        }

        Assert.Equal(["one", "two"], answers);
        Assert.Equal(2, sockets.Count);
    }

    [Fact]
    public async Task Anonymous_client_without_cookies_resumes_by_its_proof()
    {
        await using var app = await StartAsync();
        var connect = OverTestServer(app.GetTestServer());
        var sockets = new List<WebSocket>();
        await using var client = new AirlockClient(new Uri("ws://localhost/open"), new AirlockClientOptions
        {
            WebSocketFactory = async (request, cancellation) =>
            {
                var socket = await connect(request, cancellation);
                sockets.Add(socket);
                return socket;
            },
        });
        client.Start();
        Assert.Equal(MessageOutcome.Finished, await client.Send("one").Done.WaitAsync(Patience.Max, Cancellation));
        sockets[0].Abort();
        Assert.Equal(MessageOutcome.Finished, await client.Send("two").Done.WaitAsync(Patience.Max, Cancellation));
        await client.LeaveAsync(Cancellation).WaitAsync(Patience.Max, Cancellation);
        var kinds = new List<(MessageKind, long)>();
        await foreach (var message in client.MessagesAsync(Cancellation))
        {
            kinds.Add((message.Kind, message.Sequence));
        }

        // One session: nothing is lost, and the numbers go on.
        Assert.Equal([(MessageKind.Data, 1), (MessageKind.Data, 2)], kinds);
    }

    [Fact]
    public async Task Refusal_that_the_factory_throws_is_named_by_its_status()
    {
        await using var client = new AirlockClient(new Uri("ws://localhost/chat"), new AirlockClientOptions
        {
            WebSocketFactory = static (_, _) => throw new HttpRequestException("no", null, HttpStatusCode.Forbidden),
        });
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation));
        Assert.Equal(("http_403", 403), (closed.Cause, closed.HttpStatus));
    }

    [Fact]
    public void Readme_shows_the_code_that_is_tested_here()
    {
        var here = Here();
        var readme = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../src/Airlock.Client/README.md"));
        var shown = Example().Match(readme).Groups[1].Value;
        Assert.Contains(Plain(shown), Plain(File.ReadAllText(here)), StringComparison.Ordinal);
        Assert.Contains("CreateWebSocketClient", shown, StringComparison.Ordinal);
    }

    private static Func<WebSocketRequest, CancellationToken, Task<WebSocket>> OverTestServer(TestServer server) => async (request, cancellation) =>
    {
        var client = server.CreateWebSocketClient();
        client.ConfigureRequest = http =>
        {
            foreach (var (name, value) in request.Headers)
            {
                http.Headers[name] = value;
            }
        };
        foreach (var subProtocol in request.SubProtocols)
        {
            client.SubProtocols.Add(subProtocol);
        }

        return await client.ConnectAsync(request.Address, cancellation);
    };

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddAirlock();
        Tokens.AddBearer(builder.Services);
        var app = builder.Build();
        app.MapAirlock("/chat", TestApp.Echo).RequireAuthorization();
        app.MapAirlock("/open", TestApp.Echo).AllowAnonymous();
        await app.StartAsync(Cancellation);
        return app;
    }

    private static string Here([CallerFilePath] string here = "") => here;

    private static string Plain(string code) => Spaces().Replace(code, " ").Trim();

    [GeneratedRegex("## Over a test server.*?```csharp(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
