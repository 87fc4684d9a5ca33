using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Airlock.Client;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.AspNetCore.Tests;

/// <summary>What is answered before an upgrade, and what a client calls it: the cause that the server named, or the bare status where somebody else answered.</summary>
public sealed class RefusalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("upgrade_failed", 503, 1006, 5000)]
    [InlineData("draining", 503, 4312, 7000)]
    [InlineData("address_limit", 429, 4105, 5000)]
    [InlineData("in front: 503", 503, 1006, 250)]
    [InlineData("in front: 429", 429, 1006, 250)]
    [InlineData("in front: 200", 200, 1006, 250)]
    public async Task A_client_that_may_come_back_calls_each_by_its_cause(string what, int status, int code, int milliseconds)
    {
        var cause = what.StartsWith("in front", StringComparison.Ordinal) ? $"http_{status}" : what;
        await using var app = await AppAsync(what);
        app.Expects = [typeof(InvalidOperationException)];
        using var held = what is "upgrade_failed" or "draining" or "address_limit" ? await Peer.ReadyAsync(app.Socket()) : null;
        var stopping = what == "draining" ? app.StopAsync() : Task.CompletedTask;
        if (what == "draining")
        {
            await held!.NextAsync("drain");
        }

        var ended = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var client = new AirlockClient(app.Socket(), new AirlockClientOptions { TimeProvider = new FakeTimeProvider() }))
        {
            client.StateChanged += change =>
            {
                if (change.RetryIn is not null)
                {
                    ended.TrySetResult(change);
                }
            };
            client.Start();
            var change = await ended.Task.WaitAsync(Patience.Max, Cancellation);
            Assert.Equal((cause, code, ConnectionState.Closed), (change.Cause, change.Code, change.State));
            // The client spreads a hint by a fifth, and halves the least back-off.
            Assert.InRange(change.RetryIn!.Value.TotalMilliseconds, milliseconds, milliseconds * 2);
        }

        if (held is not null)
        {
            await held.CloseAsync();
        }

        await stopping.WaitAsync(Patience.Max, Cancellation);
    }

    [Theory]
    [InlineData("/room/none", "route_invalid", 404, 1006)]
    [InlineData("/nowhere", "http_404", 404, 1006)]
    [InlineData("/guarded", "http_401", 401, 1006)]
    [InlineData("/forbidden", "http_403", 403, 1006)]
    public async Task A_client_that_may_not_come_back_stops_and_says_why(string path, string cause, int status, int code)
    {
        await using var app = await AppAsync("");
        await using var client = new AirlockClient(app.Socket(path), new AirlockClientOptions { TimeProvider = new FakeTimeProvider() });
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation));
        Assert.Equal((cause, code, status), (closed.Cause, closed.Code, closed.HttpStatus));
    }

    [Fact]
    public async Task Over_a_test_server_too_each_refusal_names_its_cause_in_a_header_and_the_body()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddAirlock();
        await using var app = builder.Build();
        app.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
        await app.StartAsync(Cancellation);
        using var http = app.GetTestClient();
        foreach (var (method, path, status, cause) in new[] { ("GET", "/chat", 426, "upgrade_required"), ("PUT", "/chat", 426, "upgrade_required"), ("POST", "/chat/ticket", 401, "credentials_missing") })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            var answer = await http.SendAsync(request, Cancellation);
            Assert.Equal((status, cause), ((int)answer.StatusCode, Assert.Single(answer.Headers.GetValues("Airlock-Cause"))));
            Assert.Equal(cause, (string)(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancellation))!["cause"]!);
        }

        await app.StopAsync(Cancellation);
    }

    private static Task<TestApp> AppAsync(string what) => TestApp.StartAsync(
        a =>
        {
            if (what.StartsWith("in front", StringComparison.Ordinal))
            {
                a.Use((HttpContext context, RequestDelegate _) =>
                {
                    context.Response.StatusCode = int.Parse(what[^3..], System.Globalization.CultureInfo.InvariantCulture);
                    // Not believed: a body is what anything may show.
                    return context.Response.WriteAsync("""{"cause":"draining","message":""}""");
                });
            }

            a.Use((context, next) =>
            {
                if (context.Request.Path.Value is "/guarded" or "/forbidden")
                {
                    context.Response.StatusCode = context.Request.Path == "/guarded" ? 401 : 403;
                    return Task.CompletedTask;
                }

                return next(context);
            });
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
            a.MapAirlock("/room/{number}", static (int number, Turn turn) => turn.SendAsync(number).AsTask()).AllowAnonymous();
        },
        s =>
        {
            s.Configure<HostOptions>(static o => o.ShutdownTimeout = TimeSpan.FromMinutes(5));
            if (what == "upgrade_failed")
            {
                s.Configure<KestrelServerOptions>(static k => k.Limits.MaxConcurrentUpgradedConnections = 1);
            }
        },
        o =>
        {
            o.DrainRetryAfter = TimeSpan.FromSeconds(7);
            if (what == "address_limit")
            {
                o.Endpoint = new() { ConnectionsPerAddressMax = 1 };
            }
        },
        time: TestApp.NewTime());
}
