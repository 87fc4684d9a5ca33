using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Services are ready before anybody is known, and a client acts as if it were ready. No state is skipped.</summary>
public sealed class IllegalSkip() : IntegrationScenario(
    "illegal-skip",
    "incident 24",
    "A step that is not next is refused and changes nothing; the connection can still take the next one.",
    new HistoryIsAPath(),
    Red.Of(LegacyFault.FreshMachine))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Authority.Delay = TimeSpan.FromMilliseconds(15);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        client.Send();
        var connecting = client.ConnectAsync();
        world.Services.Set("agent", false);
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(0, 10, 20)));
        world.Services.Set("agent", true);
        world.ExpectInTime(await connecting, "The connection becomes ready all the same.");
        await client.WhenSettledAsync();
    }
}
