using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Close1011;

/// <summary>The accept takes longer than whoever waits for it likes to wait, and a message is on its way. The accept is called once, and nothing is closed with 1011.</summary>
public sealed class AcceptRace : Scenario
{
    /// <inheritdoc/>
    public override string Name => "accept-race";

    /// <inheritdoc/>
    public override Suite Suite => Suite.Close1011;

    /// <inheritdoc/>
    public override string Category => "Race Condition Reproduction Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 11";

    /// <inheritdoc/>
    public override string Claim => "However long an accept takes it is called once, and the message sent at once is handled after it.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new TransportUse();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.RetriedAccept);

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var client = world.NewClient("alice");
        var connecting = client.ConnectAsync(new DialOptions { AcceptDelay = TimeSpan.FromSeconds(world.Choose(0, 1, 12)) });
        client.Send();
        world.ExpectInTime(await connecting, "The connection becomes ready.");
        await client.WhenSettledAsync();
        world.ExpectInTime(client.Unsettled == 0, "The message is answered.");
    }
}
