using Airlock.Core;

namespace Airlock.Tests.Harness;

/// <summary>A server with one connection that was brought to a state and is held there.</summary>
internal sealed class Stage : IDisposable
{
    private readonly TaskCompletionSource _authenticating = new();
    private readonly TaskCompletionSource _attaching = new();

    private Stage(EndpointOptions? options) =>
        Server = new TestServer(options: options, wrapStore: store => Store = new HeldStore(store));

    public TestServer Server { get; }

    public HeldStore Store { get; private set; } = null!;

    public TestPeer Peer { get; private set; } = null!;

    /// <summary>Brings a connection to a state.</summary>
    /// <param name="state">Which.</param>
    /// <param name="isAuthenticating">For <see cref="ConnectionState.Accepted"/>: whether authentication is under way.</param>
    /// <param name="options">The endpoint's options.</param>
    public static async Task<Stage> AtAsync(ConnectionState state, bool isAuthenticating = false, EndpointOptions? options = null)
    {
        var stage = new Stage(options);
        var server = stage.Server;
        server.Server.Gates.Declare("agent", required: true);
        server.Server.Gates.Declare("extra", required: false);
        server.Server.Gates.Report("extra", GateState.Open);
        if (state != ConnectionState.Authenticated)
        {
            server.Server.Gates.Report("agent", GateState.Open);
        }

        if (isAuthenticating)
        {
            server.Authenticate = async (_, _, _, _) =>
            {
                await stage._authenticating.Task;
                return AuthenticationOutcome.Accept(TestServer.UserOf(null));
            };
        }

        if (state == ConnectionState.ServicesReady)
        {
            stage.Store.Attaching = stage._attaching.Task;
        }

        var peer = stage.Peer = server.Connect(request => request with { Address = "address" });
        await peer.NextAsync(FrameType.Open);
        if (state == ConnectionState.Accepted && !isAuthenticating)
        {
            return stage;
        }

        await peer.HelloAsync();
        if (state == ConnectionState.Accepted)
        {
            await server.Log.WaitForAsync("HelloReceived");
            return stage;
        }

        await peer.NextAsync(FrameType.Authed);
        if (state == ConnectionState.Authenticated)
        {
            await peer.NextAsync(FrameType.Gate);
            return stage;
        }

        if (state == ConnectionState.ServicesReady)
        {
            await stage.Store.AttachAsked.Task.WaitAsync(TestServer.Patience);
            return stage;
        }

        await peer.NextAsync(FrameType.Ready);
        if (state == ConnectionState.Degraded)
        {
            server.Server.Gates.Report("extra", GateState.Failed);
            await peer.NextAsync(FrameType.Gate);
        }
        else if (state == ConnectionState.Draining)
        {
            _ = server.Server.DrainAsync(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(3));
            await peer.NextAsync(FrameType.Drain);
        }

        Assert.Equal(state, server.Server.StateOf(peer.Id));
        return stage;
    }

    /// <summary>Lets what was held back complete, late; what it brought is released before this returns.</summary>
    public void CompleteLate()
    {
        _authenticating.TrySetResult();
        _attaching.TrySetResult();
    }

    public void Dispose() => Server.Dispose();
}
