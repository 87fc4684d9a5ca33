using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>The store still has messages that came before ready while the connection ends in one of the ways there are: what it answers then comes too late.</summary>
public sealed class StoreAnswersLate : Scenario
{
    /// <inheritdoc/>
    public override string Name => "store-answers-late";

    /// <inheritdoc/>
    public override Suite Suite => Suite.Integration;

    /// <inheritdoc/>
    public override string Category => "Integration Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "the transition table";

    /// <inheritdoc/>
    public override string Claim => "What the store answers after a connection has ended does not bring the connection back.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new EverythingEnds();

    /// <inheritdoc/>
    public override Red Red => Red.Of("ended-is-closed-again");

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        // Longer than a connection waits for the peer's close, or about as long.
        world.Store.Delay(StoreCall.Append, TimeSpan.FromSeconds(world.Choose(20, 5)));
        world.Store.FailBefore(StoreCall.Append, world.Choose(1, 0, 2));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        // Sent along with hello, so held until ready and stored then.
        client.Send();
        client.Send();
        await client.ConnectAsync();
        if (world.Choose(false, true))
        {
            client.SendRaw("""{"t":"bye"}""");
            await world.DelayAsync(TimeSpan.FromMilliseconds(1));
        }

        switch (world.Choose("close", "cut", "disconnect", "disconnect unseen", "drain"))
        {
            case "close":
                await client.CloseAsync();
                break;
            case "cut":
                client.Handshake!.Cut();
                break;
            case "disconnect":
                await world.Server.DisconnectAsync("alice");
                break;
            case "disconnect unseen":
                client.Handshake!.ToClient.Stall();
                await world.Server.DisconnectAsync("alice");
                break;
            case "drain":
                _ = world.DrainAsync(TimeSpan.FromSeconds(1));
                break;
        }

        await world.DelayAsync(TimeSpan.FromMinutes(1));
        client.Handshake!.ToClient.Resume();
        world.Store.Delay(StoreCall.Append, TimeSpan.Zero);
        await client.SettleAsync(4);
    }
}
