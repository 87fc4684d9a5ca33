using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Airlock.Client.Tests.Reference;

/// <summary>
/// A small server that speaks spec/wire.md over Kestrel with the real session core, under a test's control. When the test has ended, its clients have closed every connection, and nothing
/// that the test gave it to call has thrown.
/// </summary>
public sealed class ReferenceServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _failures = new();
    private int _connections;
    private int _serving;

    private ReferenceServer(HttpProtocols protocols)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        // What a test left open is of no interest any more.
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.Zero);
        _app = builder.Build();
        _app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        _app.Map("/chat", WatchAsync);
        EndOfTestAttribute.Look(LookAsync, EndAsync);
    }

    /// <summary>Whether connections may stay open when the test has ended: for a client that is not closed.</summary>
    public bool LeavesConnections { get; set; }

    public Uri Address { get; private set; } = null!;

    public ConcurrentDictionary<string, ReferenceSession> Sessions { get; } = new();

    /// <summary>Sessions that had ended when their client asked for them again.</summary>
    public ConcurrentQueue<ReferenceSession> Gone { get; } = new();

    /// <summary>Every connection ever made, in order.</summary>
    public ConcurrentQueue<ReferenceConnection> Connections { get; } = new();

    /// <summary>Answers a request instead of the upgrade, if it returns true.</summary>
    public Func<HttpContext, bool> Refuse { get; set; } = static _ => false;

    /// <summary>What the server selects.</summary>
    public string? SubProtocol { get; set; } = Protocol.Name;

    /// <summary>Replaces the whole conversation after the upgrade.</summary>
    public Func<WebSocket, CancellationToken, Task>? Script { get; set; }

    /// <summary>Handles a message; the default streams it back in two parts and commits a reply.</summary>
    public Action<ReferenceSession, InboxMessage> Handle { get; set; } = static (session, message) => session.Echo(message);

    public SessionLimits Limits { get; set; } = new();

    /// <summary>How long it says that each phase may take.</summary>
    public PhaseDeadlines Deadlines { get; set; } = new() { Hello = 10_000, Authentication = 10_000, Gate = 30_000, Attach = 10_000 };

    public long Idle { get; set; } = 25_000;

    public MessageLimits Sizes { get; set; } = new() { Message = 65_536, Frames = 256 };

    /// <summary>What authed says, by token.</summary>
    public Func<string?, AuthedFrame> Authenticate { get; set; } = static _ => new AuthedFrame { User = "ann", Hold = new HoldCredit { Messages = 64, Bytes = 262_144 } };

    /// <summary>The gates as each new connection sees them, in order.</summary>
    public IReadOnlyList<GateFrame> Gates { get; set; } = [];

    public static async Task<ReferenceServer> StartAsync(HttpProtocols protocols = HttpProtocols.Http1)
    {
        var server = new ReferenceServer(protocols);
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        var port = new Uri(server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        server.Address = new Uri($"ws://127.0.0.1:{port}/chat");
        return server;
    }

    /// <summary>Tells every live connection to move.</summary>
    public void Drain(long delay, TimeSpan by)
    {
        foreach (var connection in Connections)
        {
            connection.Drain(delay, by);
        }
    }

    /// <summary>It goes on until the test has ended with all that it disposes, and is looked at then.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Waits until the clients have closed what they opened.</summary>
    private async Task<IReadOnlyList<string>> LookAsync()
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Volatile.Read(ref _serving) > 0 && !LeavesConnections && TimeProvider.System.GetElapsedTime(began) < Patience.Max)
        {
            await Task.Delay(5);
        }

        return Volatile.Read(ref _serving) is var serving && serving > 0 && !LeavesConnections ? [.. _failures, $"left over: {serving} connections of clients"] : [.. _failures];
    }

    private async ValueTask EndAsync()
    {
        foreach (var connection in Connections)
        {
            connection.Abort();
        }

        await _app.DisposeAsync();
    }

    private async Task WatchAsync(HttpContext context)
    {
        Interlocked.Increment(ref _serving);
        try
        {
            await ServeAsync(context);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            // The client is gone.
        }
        catch (Exception e)
        {
            // Whatever the test has given: what it asserts there, the client would only see as one more end.
            _failures.Enqueue($"not expected: {e}");
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _serving);
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (Refuse(context))
        {
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(SubProtocol);
        if (Script is { } script)
        {
            await script(socket, context.RequestAborted);
            return;
        }

        var connection = new ReferenceConnection(this, socket, context, $"c{Interlocked.Increment(ref _connections)}");
        Connections.Enqueue(connection);
        await connection.RunAsync();
    }
}
