using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A copied tab: two connections resume one session under the same attempt. One gets it, and the other is told so.</summary>
public sealed class TwoResumes() : Neighbour(
    "two-resumes",
    "promise of sessions; incident §3G 36",
    "Of two resumes of a session under one attempt exactly one is taken.",
    new Expectation(),
    Red.Of("stale-attempt-accepted"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewPeer("alice");
        await client.ConnectAsync();
        client.Send();
        await client.WhenSettledAsync();
        client.Handshake!.Cut();
        await client.WhenClosed;
        var first = client.ConnectAsync();
        client.RepeatsAttempt = true;
        await client.ConnectAsync();
        await first;
        world.Expect(world.Trace.Of(TraceKind.Attached).Count(static attached => attached.To == "resumed") <= 1, "One attempt attaches once.");
        client.RepeatsAttempt = false;
        client.Send();
        await client.SettleAsync(3);
        world.ExpectInTime(client.Unsettled == 0, "The session goes on with the next attempt.");
    }
}
