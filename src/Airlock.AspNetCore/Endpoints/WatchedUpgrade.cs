using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebSockets;

namespace Airlock.AspNetCore;

/// <summary>The host's two ways to turn a request into a stream (RFC 6455 and RFC 8441), with a <see cref="WatchedStream"/> between that stream and the WebSocket made of it.</summary>
internal sealed class WatchedUpgrade : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpExtendedConnectFeature? _connect;

    private WatchedUpgrade(IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect) => (_upgrade, _connect) = (upgrade, connect);

    /// <inheritdoc/>
    public bool IsUpgradableRequest => _upgrade?.IsUpgradableRequest ?? false;

    /// <inheritdoc/>
    public bool IsExtendedConnect => _connect?.IsExtendedConnect ?? false;

    /// <inheritdoc/>
    public string? Protocol => _connect?.Protocol;

    /// <summary>The stream, once there is one.</summary>
    internal WatchedStream? Bytes { get; private set; }

    /// <inheritdoc/>
    public async Task<Stream> UpgradeAsync() => Bytes = new WatchedStream(await _upgrade!.UpgradeAsync());

    /// <inheritdoc/>
    public async ValueTask<Stream> AcceptAsync() => Bytes = new WatchedStream(await _connect!.AcceptAsync());

    /// <summary>Makes the WebSocket middleware that follows take this request's stream from here. A host that makes its WebSockets itself, as TestServer does, is left alone: it has no bytes to show.</summary>
    internal static void Watch(HttpContext context)
    {
        var features = context.Features;
        var (upgrade, connect) = (features.Get<IHttpUpgradeFeature>(), features.Get<IHttpExtendedConnectFeature>());
        var sockets = features.Get<IHttpWebSocketFeature>();
        var isStandard = sockets is null || sockets.GetType().Assembly == typeof(WebSocketMiddleware).Assembly;
        if (!isStandard || !(upgrade?.IsUpgradableRequest == true || connect?.IsExtendedConnect == true))
        {
            return;
        }

        var watched = new WatchedUpgrade(upgrade, connect);
        features.Set<IHttpUpgradeFeature>(upgrade is null ? null : watched);
        features.Set<IHttpExtendedConnectFeature>(connect is null ? null : watched);
        features.Set(watched);
        // Made by the application's own UseWebSockets, it would go on with the features of then.
        features.Set<IHttpWebSocketFeature>(null);
    }
}
