using System.Net;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Airlock.Client.Tests.Reference;
using Airlock.Core;
using Airlock.Samples;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airlock.Client.Tests;

/// <summary>The driver of docs/driver.md, which knows nothing of Airlock but Airlock.Core, beside the client as shipped.</summary>
public sealed class SmallDriverTests : IAsyncLifetime
{
    private readonly SmallServer _server;
    private readonly SmallServer _hasty = new(new HastyTime(new FastTime(50)), static message => message);
    private readonly WebApplication _app;
    private Uri _address = null!;

    public SmallDriverTests()
    {
        _server = new SmallServer(TimeProvider.System, message =>
        {
            // An answer to be sent where there is no connection any more.
            if (message.Span.EndsWith("0\""u8))
            {
                Cut();
            }

            return message.ToArray();
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        _app.Map("/hasty", async context => await _hasty.RunAsync(await context.WebSockets.AcceptWebSocketAsync(Protocol.Name)));
        _app.Map("/chat", async context => await _server.RunAsync(await context.WebSockets.AcceptWebSocketAsync(Protocol.Name)));
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _app.StartAsync(Stop);
        _address = new Uri($"{_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single().Replace("http", "ws", StringComparison.Ordinal)}/chat");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task Every_message_is_answered_once_and_in_order_over_cut_connections()
    {
        await using var client = new AirlockClient(_address);
        client.Start();
        var answers = new List<string>();
        var reading = ReadAsync();
        for (var i = 1; i <= 60; i++)
        {
            var receipt = client.Send($"message {i}");
            if (i % 20 == 0)
            {
                await receipt.Done.WaitAsync(Patience.Max, Stop);
            }
        }

        await client.LeaveAsync(Stop).WaitAsync(Patience.Max, Stop);
        await reading.WaitAsync(Patience.Max, Stop);
        Assert.Equal(Enumerable.Range(1, 60).Select(static i => $"message {i}"), answers);
        await AssertNothingIsLeftAsync(_server);

        async Task ReadAsync()
        {
            await foreach (var message in client.MessagesAsync(Stop))
            {
                if (message.Kind == MessageKind.Data)
                {
                    answers.Add(message.As<string>()!);
                }
            }
        }
    }

    [Theory]
    [InlineData("{\"t\":\"data\",\"s\":1,\"id\":\"x\",\"b\":1}", "hello_missing")]
    [InlineData("nonsense", "malformed_frame")]
    public async Task What_breaks_the_rules_closes_with_its_cause(string text, string cause)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(Protocol.Name);
        await socket.ConnectAsync(_address, Stop);
        await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Stop);
        var buffer = new byte[4096];
        while ((await socket.ReceiveAsync(buffer, Stop)).MessageType != WebSocketMessageType.Close)
        {
        }

        Assert.Equal(cause, socket.CloseStatusDescription);
        Assert.Equal(CloseReason.All.First(reason => reason.Cause == cause).Code, (int)socket.CloseStatus!);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
        await AssertNothingIsLeftAsync(_server);
    }

    [Fact]
    public async Task A_deadline_passes_though_the_timer_rings_too_early()
    {
        using var peer = new ClientWebSocket();
        peer.Options.AddSubProtocol(Protocol.Name);
        await peer.ConnectAsync(new Uri(_address, "/hasty"), Stop);
        var buffer = new byte[4096];
        while ((await peer.ReceiveAsync(buffer, Stop).WaitAsync(Patience.Max, Stop)).MessageType != WebSocketMessageType.Close)
        {
            // open, and closing.
        }

        Assert.Equal("hello_timeout", peer.CloseStatusDescription);
        await peer.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
        await AssertNothingIsLeftAsync(_hasty);
    }

    [Fact]
    public void The_page_says_what_to_do_for_every_effect()
    {
        var page = Page();
        Assert.All(Enum.GetNames<EffectKind>(), name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    private static string Page([CallerFilePath] string here = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/driver.md"));

    private void Cut()
    {
        lock (_server.Lock)
        {
            foreach (var connection in _server.Connections.Values)
            {
                connection.Abort();
            }
        }
    }

    private static async Task AssertNothingIsLeftAsync(SmallServer server)
    {
        // Until the server has heard of the last close.
        for (var left = DateTime.UtcNow + Patience.Max; DateTime.UtcNow < left && Counts(server) != (0, 0);)
        {
            await Task.Delay(20, Stop);
        }

        Assert.Equal((0, 0), Counts(server));
    }

    private static (int Connections, int Sessions) Counts(SmallServer server)
    {
        lock (server.Lock)
        {
            return (server.Connections.Count, server.Sessions.Count);
        }
    }

    /// <summary>A clock whose timers ring when half of the time is over.</summary>
    private sealed class HastyTime(TimeProvider time) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new HastyTimer(time.CreateTimer(callback, state, Half(dueTime), period));

        private static TimeSpan Half(TimeSpan time) => time <= TimeSpan.Zero ? time : time / 2;

        private sealed class HastyTimer(ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(Half(dueTime), period);

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
