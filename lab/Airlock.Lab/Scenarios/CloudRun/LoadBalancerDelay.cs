using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.CloudRun;

/// <summary>A load balancer holds the handshake back for 100 to 500 ms while the server goes on. Nothing is sent or handled before the accept is done, and what the client sends at once is not lost.</summary>
public sealed class LoadBalancerDelay : Scenario
{
    /// <inheritdoc/>
    public override string Name => "load-balancer-delay";

    /// <inheritdoc/>
    public override Suite Suite => Suite.CloudRun;

    /// <inheritdoc/>
    public override string Category => "E2E GCP Staging Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 6";

    /// <inheritdoc/>
    public override string Claim => "However long the load balancer takes for the handshake, the transport is first used after the accept, and no message is lost.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new TransportUse();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.PhaseOverlap);

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var quick = world.NewClient("alice");
        var slow = world.NewClient("bob");
        var connecting = new[]
        {
            slow.ConnectAsync(new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(world.Choose(100, 200, 300, 400, 500)) }),
            quick.ConnectAsync(new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(world.Choose(100, 500)) }),
        };
        slow.Send();
        quick.Send();
        var ready = await Task.WhenAll(connecting);
        world.ExpectInTime(ready.All(static r => r), "Both connections become ready.");
        slow.Send();
        await Task.WhenAll(slow.WhenSettledAsync(), quick.WhenSettledAsync());
        world.ExpectInTime(slow.Unsettled + quick.Unsettled == 0, "Every message is answered.");
    }
}
