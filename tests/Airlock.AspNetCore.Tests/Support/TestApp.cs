using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.AspNetCore.Tests;

/// <summary>An application on real Kestrel at a free port of the loopback, with what it logs at Trace.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestApp(WebApplication app, CapturedLog log)
    {
        _app = app;
        Log = log;
        Http = new HttpClient { BaseAddress = new Uri(Address) };
    }

    internal CapturedLog Log { get; }

    internal HttpClient Http { get; }

    internal AirlockServer Server => _app.Services.GetRequiredService<AirlockServer>();

    internal IServiceProvider Services => _app.Services;

    internal string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    internal IPEndPoint EndPoint => IPEndPoint.Parse(new Uri(Address).Authority);

    /// <summary>A clock that only the test moves. It begins at the real second, since the scheme judges tokens by the real time.</summary>
    internal static FakeTimeProvider NewTime() => new(DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()));

    /// <summary>Starts an application with an echo at <c>/chat</c> for anybody, unless other endpoints are given. With a clock of the test's, no deadline of Airlock runs by itself.</summary>
    internal static async Task<TestApp> StartAsync(
        Action<WebApplication>? map = null, Action<IServiceCollection>? services = null, Action<AirlockOptions>? airlock = null, HttpProtocols protocols = HttpProtocols.Http1, TimeProvider? time = null)
    {
        var log = new CapturedLog();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        builder.WebHost.UseKestrel(k => k.Listen(IPAddress.Loopback, 0, o => o.Protocols = protocols));
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.Services.AddAirlock(airlock);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        (map ?? (static a => a.MapAirlock("/chat", Echo).AllowAnonymous()))(app);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TestApp(app, log);
    }

    /// <summary>Answers each message with itself.</summary>
    internal static async Task Echo(Turn turn) => await turn.SendRawAsync(turn.Message);

    internal Uri Socket(string path = "/chat") => new(Address.Replace("http://", "ws://", StringComparison.Ordinal) + path);

    internal Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        Assert.DoesNotContain(Log.Lines, static l => l.Contains("a bug in the", StringComparison.OrdinalIgnoreCase));
    }
}
