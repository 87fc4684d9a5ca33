using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client comes back at the very moment its session expires. It gets the session, or a new one and the truth about the old.</summary>
public sealed class ResumeAgainstExpiry() : Neighbour(
    "resume-against-expiry",
    "promise of sessions",
    "A client that is back in time resumes; at the last moment it resumes or is told that the session is new; nothing is lost either way.",
    new Expectation(),
    Red.Of("expires-early"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions;

    /// <inheritdoc/>
    public override IReadOnlyList<Aspect> Fixed => [Aspect.SessionTimeout]; // It is about the last moment of one.

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Settings = world.Settings with { SessionTimeout = TimeSpan.FromSeconds(10) };
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        await client.WhenSettledAsync();
        client.Handshake!.Cut();
        await client.WhenClosed;
        client.Send();
        var wait = world.Choose(9_000, 10_000, 9_999, 11_000);
        await world.DelayAsync(TimeSpan.FromMilliseconds(wait));
        await client.ConnectAsync();
        world.ExpectInTime(wait > 9_000 || world.Trace.Of(TraceKind.Attached).Any(static attached => attached.To == "resumed"), "Who comes back in time resumes.");
        await client.SettleAsync(3);
        world.ExpectInTime(client.Unsettled == 0, "What was sent meanwhile is handled, in the old session or in the new.");
    }
}
