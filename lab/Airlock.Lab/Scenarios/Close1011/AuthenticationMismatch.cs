using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Close1011;

/// <summary>A token is valid, missing, malformed, expired or nobody of ours, and the authority answers, is down or hangs. Who does not come in is told why, and it is no fault of the server.</summary>
public sealed class AuthenticationMismatch : Scenario
{
    /// <inheritdoc/>
    public override string Name => "authentication-mismatch";

    /// <inheritdoc/>
    public override Suite Suite => Suite.Close1011;

    /// <inheritdoc/>
    public override string Category => "Race Condition Reproduction Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 12";

    /// <inheritdoc/>
    public override string Claim => "Whatever a client shows, and whatever the authority does: it comes in, or is refused with a cause other than 1011.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new CloseCodes();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.AuthenticationAs1011);

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Authentication | Capabilities.Deadlines | Capabilities.Causes;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var token = world.Choose("user:alice", null, "malformed", "expired", "stranger");
        var outage = world.Choose(Outage.None, Outage.Down, Outage.Hangs);
        world.Authority.IsDown = outage == Outage.Down;
        world.Authority.Delay = outage == Outage.Hangs ? 3 * world.Settings.SetupTimeout : TimeSpan.Zero;
        var client = world.NewClient("alice");
        client.Token = token;
        var other = world.NewClient("bob");
        var ready = await Task.WhenAll(client.ConnectAsync(), other.ConnectAsync());
        world.ExpectInTime(ready[0] == (outage == Outage.None && token == "user:alice"), "Who shows a good token while the authority works comes in, and nobody else.");
        world.ExpectInTime(ready[1] == (outage == Outage.None), "The bad token of one client is not held against another.");
        foreach (var (each, isReady) in new[] { (client, ready[0]), (other, ready[1]) })
        {
            if (isReady)
            {
                each.Send();
                await each.WhenSettledAsync();
            }
            else
            {
                await each.WhenClosed;
                world.ExpectInTime(each.Cause is { Length: > 0 }, "Who is refused is told why.");
            }
        }
    }

    private enum Outage
    {
        None,
        Down,
        Hangs,
    }
}
