using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>The authority or the store is still busy while the connection ends in one of the ways there are: what they answer then comes too late.</summary>
public sealed class LateAnswers : Scenario
{
    /// <inheritdoc/>
    public override string Name => "late-answers";

    /// <inheritdoc/>
    public override Suite Suite => Suite.Integration;

    /// <inheritdoc/>
    public override string Category => "Integration Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "the transition table";

    /// <inheritdoc/>
    public override string Claim => "What the authority or the store answers after a connection has ended does not bring the connection back.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new EverythingEnds();

    /// <inheritdoc/>
    public override Red Red => Red.Of("ended-is-closed-again");

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Disconnect | Capabilities.Drain | Capabilities.Refresh | Capabilities.Sessions | Capabilities.Frames;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewPeer("alice");
        // Sent along with hello, so held until ready and stored then.
        client.Send();
        client.Send();
        await AskAsync(world, client);
        await EndAsync(world, client);
        await world.DelayAsync(TimeSpan.FromMinutes(1));
        client.Handshake!.ToClient.Resume();
        world.Store.Delay(StoreCall.Attach, TimeSpan.Zero);
        world.Store.Delay(StoreCall.Append, TimeSpan.Zero);
        (world.Authority.Delay, world.Authority.IsDown) = (TimeSpan.Zero, false);
        await client.SettleAsync(4);
    }

    /// <summary>Brings the connection to where it waits for an answer.</summary>
    private static async Task AskAsync(World world, Client client)
    {
        // Longer than a connection waits for its peer's close, or shorter.
        var busy = TimeSpan.FromSeconds(world.Choose(20, 2));
        var fails = world.Choose(true, false);
        switch (world.Choose("append", "append before bye", "attach", "authentication", "refresh"))
        {
            case var appends when appends.StartsWith("append", StringComparison.Ordinal):
                world.Store.Delay(StoreCall.Append, busy);
                world.Store.FailBefore(StoreCall.Append, 1);
                await client.ConnectAsync();
                if (appends == "append before bye")
                {
                    // Waits until what was held is stored.
                    client.SendRaw("""{"t":"bye"}""");
                }

                break;
            case "attach":
                world.Store.Delay(StoreCall.Attach, busy);
                world.Store.FailBefore(StoreCall.Attach, fails ? 1 : 0);
                _ = client.ConnectAsync();
                break;
            case "authentication":
                (world.Authority.Delay, world.Authority.IsDown) = (busy, fails);
                _ = client.ConnectAsync();
                break;
            case "refresh":
                await client.ConnectAsync();
                world.Authority.Delay = busy;
                client.SendRaw(fails ? """{"t":"refresh","token":"malformed"}""" : """{"t":"refresh","token":"user:alice"}""");
                break;
        }

        await world.DelayAsync(TimeSpan.FromMilliseconds(1));
    }

    private static async Task EndAsync(World world, Client client)
    {
        var handshake = client.Handshake!;
        switch (world.Choose("close", "cut", "disconnect", "disconnect unseen", "nonsense", "nonsense unseen", "drain"))
        {
            case "close":
                await client.CloseAsync();
                break;
            case "cut":
                handshake.Cut();
                break;
            case "disconnect":
                await world.Server.DisconnectAsync("alice");
                break;
            case "disconnect unseen":
                handshake.ToClient.Stall();
                await world.Server.DisconnectAsync("alice");
                break;
            case "nonsense":
                client.SendRaw("nonsense");
                break;
            case "nonsense unseen":
                handshake.ToClient.Stall();
                client.SendRaw("nonsense");
                break;
            case "drain":
                _ = world.DrainAsync(TimeSpan.FromSeconds(1));
                break;
        }
    }
}
