using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Whatever can happen to a connection that is held in a state: the schedule chooses both, three times over. It reaches the corners of the transition table.</summary>
/// <param name="name">The scenario's name.</param>
/// <param name="claim">What holds whatever happens.</param>
/// <param name="invariant">What checks it.</param>
/// <param name="red">Its red half.</param>
/// <param name="states">The states to begin in.</param>
public abstract class Anything(string name, string claim, Checker invariant, Red red, params string[] states)
    : NamedScenario(Suite.Integration, "Integration Tests", Difficulty.High, name, "the transition table", claim, invariant, red)
{
    private static readonly TimeSpan _held = TimeSpan.FromSeconds(6);

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services | Capabilities.Heartbeat | Capabilities.Disconnect | Capabilities.Drain | Capabilities.Push | Capabilities.Refresh | Capabilities.Sessions | Capabilities.Frames;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Authority.Lifetime = world.Choose<TimeSpan?>(null, TimeSpan.FromSeconds(10));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.Choose(false, true) ? world.NewPeer("alice") : world.NewClient("alice");
        client.Refreshes = world.Choose(true, false);
        client.AnswersPings = world.Choose(true, false);
        await HoldAsync(world, client);
        for (var i = 0; i < 3; i++)
        {
            await HappenAsync(world, client);
            if (world.Choose(true, false))
            {
                // Long enough for what waits in the connection to be seen, not for what is held to go on.
                await world.DelayAsync(TimeSpan.FromMilliseconds(1));
            }
        }

        await world.DelayAsync(_held);
        client.Handshake!.ToClient.Resume();
        world.Services.Set("agent", true);
        await world.DelayAsync(TimeSpan.FromSeconds(world.Choose(1, 20, 60)));
        world.Authority.IsDown = false;
        (client.Refreshes, client.AnswersPings) = (true, true);
        await client.SettleAsync(4);
    }

    /// <summary>Brings the connection to a state and lets it stay there for a while.</summary>
    private async Task HoldAsync(World world, Client client)
    {
        // So narrow that much waits, or that every write does.
        var narrow = new DialOptions { ToClient = new LinkFaults { Capacity = world.Choose(400, 10) } };
        switch (world.Choose<string>(states))
        {
            case "connecting":
                _ = client.ConnectAsync(narrow with { AcceptDelay = _held });
                break;
            case "failing":
                _ = client.ConnectAsync(narrow with { AcceptDelay = _held, AcceptFails = true });
                break;
            case "accepted":
                world.Authority.Delay = _held;
                world.Authority.IsDown = world.Choose(false, true);
                _ = client.ConnectAsync(narrow);
                break;
            case "authenticated":
                world.Services.Set("agent", false);
                _ = client.ConnectAsync(narrow);
                break;
            case "services ready":
                world.Store.Delay(StoreCall.Attach, _held);
                if (world.Choose(false, true))
                {
                    world.Store.FailBefore(StoreCall.Attach, 1);
                }

                _ = client.ConnectAsync(narrow);
                break;
            case var later:
                await client.ConnectAsync(narrow);
                client.Send();
                world.Authority.Delay = world.Choose(TimeSpan.Zero, _held);
                if (later == "degraded")
                {
                    world.Services.Set("agent", false);
                }
                else if (later == "draining")
                {
                    _ = world.DrainAsync(TimeSpan.FromSeconds(30));
                }
                else if (later == "closing")
                {
                    client.Handshake!.ToClient.Stall();
                    await world.CallAsync("host", () => world.Server.DisconnectAsync("alice"));
                }

                break;
        }

        await world.DelayAsync(TimeSpan.FromMilliseconds(1));
    }

    private static async Task HappenAsync(World world, Client client)
    {
        var handshake = client.Handshake!;
        switch (world.Choose("nothing", "hello", "refresh", "bad refresh", "bye", "close", "cut", "gate closes", "gate opens", "drain", "disconnect", "block", "unblock", "message", "nonsense", "time"))
        {
            case "hello":
                client.SendRaw("""{"t":"hello","v":1,"client":"x/1","instance":"i"}""");
                break;
            case "refresh":
                client.SendRaw("""{"t":"refresh","token":"user:alice"}""");
                break;
            case "bad refresh":
                client.SendRaw("""{"t":"refresh","token":"malformed"}""");
                break;
            case "bye":
                client.SendRaw("""{"t":"bye"}""");
                break;
            case "close":
                await client.CloseAsync();
                break;
            case "cut":
                handshake.Cut();
                break;
            case "gate closes":
                world.Services.Set("agent", false);
                break;
            case "gate opens":
                world.Services.Set("agent", true);
                break;
            case "drain":
                _ = world.DrainAsync(TimeSpan.FromSeconds(30));
                break;
            case "disconnect":
                await world.CallAsync("host", () => world.Server.DisconnectAsync("alice"));
                break;
            case "block":
                handshake.ToClient.Stall();
                for (var i = 0; i < 8; i++)
                {
                    await world.Server.PushAsync("alice", new string('n', 100));
                }

                break;
            case "unblock":
                handshake.ToClient.Resume();
                break;
            case "message":
                client.Send();
                break;
            case "nonsense":
                client.SendRaw("nonsense");
                break;
            case "time":
                await world.DelayAsync(TimeSpan.FromSeconds(world.Choose(1, 9, 30)));
                break;
        }
    }
}
