using System.Net.WebSockets;
using System.Security.Cryptography;
using Airlock.AspNetCore.Tests;
using Airlock.Core;
using Airlock.Lab.Hosts;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Wire;
using Microsoft.AspNetCore.Builder;

namespace Airlock.Lab.Tests;

/// <summary>A subject on real Kestrel in this process, and clients of it.</summary>
internal sealed class HostedSubject : IAsyncDisposable
{
    private static readonly TimeSpan _patience = Patience.Max;
    private readonly WebApplication _app;

    private HostedSubject(WebApplication app) => _app = app;

    internal static byte[] Key { get; } = RandomNumberGenerator.GetBytes(32);

    internal Uri Socket => new UriBuilder(_app.Urls.First()) { Scheme = "ws", Path = LabHost.Path }.Uri;

    internal static string TokenOf(string user, bool hasExpired = false) => LabToken.Issue(Key, user, DateTimeOffset.UtcNow.AddHours(hasExpired ? -1 : 1));

    /// <summary>Starts it. No deadline but those that the test sets is ever reached.</summary>
    internal static async Task<HostedSubject> StartAsync(HostSettings settings)
    {
        var app = LabHost.Build(settings with { SetupTimeout = TimeSpan.FromMinutes(5) });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new HostedSubject(app);
    }

    internal static Task<HostedSubject> LegacyAsync(LegacyFault faults, Func<HostSettings, HostSettings>? how = null) =>
        StartAsync((how ?? (static s => s))(new HostSettings { Subject = HostSubject.Legacy, Faults = faults }));

    internal static Task<HostedSubject> AirlockAsync(Func<HostSettings, HostSettings>? how = null) => StartAsync((how ?? (static s => s))(new HostSettings { Subject = HostSubject.Airlock }));

    /// <summary>A legacy client: sends a message at once and reads until it is answered, or closed.</summary>
    /// <returns>The answer and 0, or null and the close code.</returns>
    internal static async Task<(string? Answer, int Code)> TalkToLegacyAsync(Uri uri, Action<ClientWebSocketOptions>? configure = null)
    {
        using var socket = new ClientWebSocket();
        configure?.Invoke(socket.Options);
        var cancelled = TestContext.Current.CancellationToken;
        await socket.ConnectAsync(uri, cancelled).WaitAsync(_patience, cancelled);
        await socket.SendAsync(new LegacyFrame("user_message") { MessageId = "m1" }.ToBytes(), WebSocketMessageType.Text, true, cancelled);
        var buffer = new byte[4096];
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer, cancelled).WaitAsync(_patience, cancelled);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return (null, (int)socket.CloseStatus!);
            }

            var frame = LegacyFrame.Parse(buffer.AsSpan(0, read.Count));
            if (frame.Type == "reply")
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancelled).WaitAsync(_patience, cancelled);
                return (frame.Content, 0);
            }
        }
    }

    /// <summary>A client of Airlock walks to ready and gets an answer.</summary>
    /// <returns>The answer.</returns>
    internal static async Task<string> TalkToAirlockAsync(Uri uri, string? token = null, Action<ClientWebSocketOptions>? configure = null)
    {
        using var peer = await Peer.ReadyAsync(uri, token, configure);
        await peer.SendAsync(Peer.Data(1, "\"m1\""));
        return (string)(await peer.NextAsync("data"))["b"]!;
    }

    /// <summary>A client of Airlock is closed before it is ready.</summary>
    internal static async Task AirlockClosesAsync(Uri uri, CloseReason reason, string? token = null, Action<ClientWebSocketOptions>? configure = null)
    {
        using var peer = await Peer.ConnectAsync(uri, configure);
        await peer.HelloAsync(token);
        await peer.ClosesWithAsync(reason);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
