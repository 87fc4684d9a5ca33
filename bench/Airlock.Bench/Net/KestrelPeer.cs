namespace Airlock.Bench.Net;

/// <summary>Speaks nothing but WebSocket.</summary>
internal sealed class KestrelPeer(Poll poll, Swarm swarm, PeerOptions options, bool showsToken) : Peer(poll, swarm, options)
{
    private bool _hasJoined;

    /// <inheritdoc/>
    protected override string Headers => showsToken ? $"Authorization: Bearer {Options.Token}\r\n" : "";

    /// <inheritdoc/>
    protected override void OnUpgraded()
    {
        if (Options.IsSubscriber)
        {
            Send(1);
        }
        else
        {
            BeReady();
        }
    }

    /// <inheritdoc/>
    protected override int OnMessage(ReadOnlySpan<byte> message)
    {
        if (!message.SequenceEqual(Options.Payload))
        {
            throw new BenchException("A message came back changed.");
        }

        if (Options.IsSubscriber && !_hasJoined)
        {
            _hasJoined = true;
            BeReady();
            return 0;
        }

        return 1;
    }

    /// <inheritdoc/>
    protected override void Write(int count)
    {
        for (var i = 0; i < count; i++)
        {
            WriteMessage(Options.Payload);
        }
    }
}
