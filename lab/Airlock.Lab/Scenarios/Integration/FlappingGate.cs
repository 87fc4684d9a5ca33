using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>A required service flaps twenty times while a client is served.</summary>
public sealed class FlappingGate() : IntegrationScenario(
    "flapping-gate",
    "incident §3G 49; lifecycle rule 8",
    "Every connection knows at every moment whether its services are there, and nothing is lost while they are not.",
    new Expectation(),
    Red.Of("waiters-not-woken"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        var connecting = client.ConnectAsync();
        for (var flap = 0; flap < 20; flap++)
        {
            world.Services.Set("agent", false);
            client.Send();
            await world.DelayAsync(TimeSpan.FromMilliseconds(50));
            if (flap == 0)
            {
                await world.DelayAsync(TimeSpan.FromMilliseconds(1));
            }

            world.Services.Set("agent", true);
            await world.DelayAsync(TimeSpan.FromMilliseconds(100));
        }

        await connecting;
        await Task.WhenAny(client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromMinutes(1)));
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered.");
    }
}
