using System.Diagnostics.Metrics;
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

/// <summary>An application on real Kestrel at a free port of the loopback, with what it logs at Trace. When the test has ended, nothing may be left of it, and nothing may have failed that the test did not expect.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeProvider? _time;
    private readonly Gauges _gauges;

    private TestApp(WebApplication app, CapturedLog log, TimeProvider? time)
    {
        (_app, _time) = (app, time);
        Log = log;
        Http = new HttpClient { BaseAddress = new Uri(Address) };
        // From the start: a turn that nobody counted when it began is not counted at its end.
        _gauges = new Gauges(app.Services.GetRequiredService<IMeterFactory>());
        EndOfTestAttribute.Look(LookAsync, EndAsync);
    }

    /// <summary>What may fail here: the types of the exceptions that the application's own code throws. Any other that is logged as a failure fails the test, so an assertion in a handler is no try that is simply repeated.</summary>
    internal Type[] Expects { get; set; } = [];

    /// <summary>What may be left when the test has ended, by its gauge: for a test of exactly that.</summary>
    internal string[] Leaves { get; set; } = [];

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
        Action<WebApplication>? map = null, Action<IServiceCollection>? services = null, Action<AirlockOptions>? airlock = null, HttpProtocols protocols = HttpProtocols.Http1, TimeProvider? time = null, params Type[] expects)
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
        return new TestApp(app, log, time) { Expects = expects };
    }

    /// <summary>Answers each message with itself.</summary>
    internal static async Task Echo(Turn turn) => await turn.SendRawAsync(turn.Message);

    internal Uri Socket(string path = "/chat") => new(Address.Replace("http://", "ws://", StringComparison.Ordinal) + path);

    internal Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>It goes on until the test has ended with all that it disposes, and is looked at then.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Ends what the test left open, as networks and operators do, and tells what does not go away by that.</summary>
    private async Task<IReadOnlyList<string>> LookAsync()
    {
        Server.StopTurns();
        if (Server.Store is MemorySessionStore store)
        {
            LeftOvers.CheckInvariants(Server, store);
        }

        var began = TimeProvider.System.GetTimestamp();
        string[] left;
        while ((left = [.. Left()]).Length > 0 && TimeProvider.System.GetElapsedTime(began) < Patience.Max)
        {
            foreach (var id in Server.Connections)
            {
                Server.Abort(id);
            }

            await EndSessionsAsync();
            (_time as FakeTimeProvider)?.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        var failed = Log.Failures.Where(f => !Expects.Any(type => type.IsInstanceOfType(f.Exception)));
        return [.. left.Select(static what => $"left over: {what}"), .. failed.Select(static f => $"not expected: {f.Line}")];
    }

    private IEnumerable<string> Left()
    {
        var places = Services.GetRequiredService<Microsoft.AspNetCore.Routing.EndpointDataSource>().Endpoints.Select(static route => route.Metadata.GetMetadata<Place>()?.Endpoint).OfType<Endpoint>().Distinct();
        var left = LeftOvers.OfConnections(Server, places).Concat(LeftOvers.OfTurns(Server)).Concat(_gauges.NotZero());
        var all = Server.Store is MemorySessionStore store ? left.Concat(LeftOvers.OfSessions(store)) : left;
        return all.Where(what => !Leaves.Any(may => what.StartsWith(may, StringComparison.Ordinal)));
    }

    private async Task EndSessionsAsync()
    {
        foreach (var user in (Server.Observation.Sessions ?? []).Select(static s => s.Principal).Distinct())
        {
            await Server.Sessions.EndAsync(SessionTarget.OfUser(user.Issuer, user.Subject));
        }
    }

    private async ValueTask EndAsync()
    {
        _gauges.Dispose();
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
