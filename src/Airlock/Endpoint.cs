using Airlock.Core;

namespace Airlock;

/// <summary>One place to connect to: its options, who may come in, and what handles messages. Safe for concurrent use.</summary>
public sealed class Endpoint
{
    /// <summary>The largest payload a server may send, in bytes: a message of <see cref="WireLimits.ServerMessageBytesMax"/> less its frame.</summary>
    public const int PayloadBytesMax = Payload.BytesMax;

    private readonly ConnectionIndex<Connection> _connections;
    private readonly TurnProcessor _turns;

    internal Endpoint(EndpointScope scope, ConnectionIndex<Connection> connections)
    {
        Scope = scope;
        _connections = connections;
        _turns = new TurnProcessor(scope);
    }

    /// <summary>The endpoint's name: its path.</summary>
    public string Name => Scope.Name;

    /// <summary>How it behaves.</summary>
    public EndpointOptions Options => Scope.Options;

    internal EndpointScope Scope { get; }

    /// <summary>Serves one connection from before its upgrade to its end. Never throws for what a peer or a network does.</summary>
    /// <param name="request">The request.</param>
    /// <returns>When the connection has ended and its transport is disposed.</returns>
    public Task RunAsync(ConnectionRequest request) => new Connection(Scope, _turns, _connections, request).RunAsync();
}
