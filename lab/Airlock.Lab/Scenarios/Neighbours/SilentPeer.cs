using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A peer neither sends nor answers. It is found out, closed, and can come back.</summary>
public sealed class SilentPeer() : Neighbour(
    "silent-peer",
    "incident §2.7, a dead peer found and kept",
    "A peer that does not answer is closed as no_pong in time; one that answers stays.",
    new Expectation(),
    Red.Of(LegacyFault.DeadPeerKept))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Heartbeat;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        await client.WhenSettledAsync();
        var isSilent = world.Choose(true, false);
        if (isSilent)
        {
            client.AnswersPings = false;
            if (world.Choose(true, false))
            {
                client.Handshake!.Silence();
            }
        }

        await world.DelayAsync(TimeSpan.FromSeconds(150));
        world.ExpectInTime(world.Trace.Of(TraceKind.Ended).Any() == isSilent, "A silent peer is closed in time, and one that answers is not.");
    }
}
