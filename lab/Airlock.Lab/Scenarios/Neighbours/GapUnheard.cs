using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>News that do not fit, for a client that cannot be told so: an older one, or an older one that resumes what a newer one began.</summary>
public sealed class GapUnheard() : Neighbour(
    "gap-unheard",
    "session: what a session may contain",
    "A client that cannot be told of a gap never gets one, and cannot resume a session that may contain one.",
    new Expectation(),
    Red.Of("gap-for-anybody"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Push | Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Settings = world.Settings with { OutboxMax = 3 };
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewPeer("alice");
        var began = client.SaysGap = world.Choose(true, false);
        await client.ConnectAsync();
        client.Handshake!.Cut();
        await client.WhenClosed;
        for (var i = 1; i <= 5; i++)
        {
            await world.Server.PushAsync("alice", $"news {i}");
        }

        client.SaysGap = false;
        var isReady = await client.ConnectAsync();
        client.Send();
        await client.SettleAsync(2);
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        world.ExpectInTime(client.Unsettled == 0, "The message is answered.");
        world.Expect(client.Gaps == 0, "A client that does not say that it can is told of no gap.");
        world.ExpectInTime(!isReady || client.SessionsLost == (began ? 1 : 0), "A resume that can less gets a new session, and hears that the old one is lost; one that can as much goes on.");
    }
}
