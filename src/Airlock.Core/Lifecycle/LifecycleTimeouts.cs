namespace Airlock.Core;

/// <summary>How long each phase of a connection may take. All from 1 millisecond to 24 hours; the caller validates.</summary>
public sealed record LifecycleTimeouts
{
    /// <summary>From <c>open</c> to <c>hello</c>. Default: 10 seconds. Then <see cref="CloseReason.HelloTimeout"/>.</summary>
    public TimeSpan Hello { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For validating credentials, also refreshed ones. Default: 10 seconds. Then <see cref="CloseReason.AuthenticationUnavailable"/>.</summary>
    public TimeSpan Authentication { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For required gates to open. Default: 30 seconds. Then <see cref="CloseReason.GateTimeout"/>.</summary>
    public TimeSpan Gate { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For attaching to the session, and for each later answer of its store. Default: 10 seconds. Then <see cref="CloseReason.StoreUnavailable"/>.</summary>
    public TimeSpan Attach { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a peer may be silent before it is asked for a sign of life. Default: 25 seconds.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>How long a peer may take to answer a ping. Default: 10 seconds. Then <see cref="CloseReason.NoPong"/>.</summary>
    public TimeSpan Pong { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one write may be blocked by a peer that does not read. Default: 15 seconds. Then <see cref="CloseReason.SlowConsumer"/>.</summary>
    public TimeSpan Write { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For one message of the peer to arrive whole; its bytes are a sign of life, but not for ever. Looked at when the peer would else be asked for one. Default: 5 minutes. Then <see cref="CloseReason.MessageTimeout"/>.</summary>
    public TimeSpan Message { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For the closing handshake. Default: 5 seconds. Then the transport is aborted.</summary>
    public TimeSpan Close { get; init; } = TimeSpan.FromSeconds(5);
}
