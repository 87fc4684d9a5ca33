using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.CloudRun;

/// <summary>A load balancer takes the Authorization header, the sub-protocol or both out of the upgrade. Whoever cannot be recognised any more is refused with a cause, and it is no fault of the server.</summary>
/// <remarks>In the simulation only what the server sees is modelled; the header itself is stripped by real intermediaries on the wire, with both halves on a real server.</remarks>
public sealed class HeaderStripping : Scenario
{
    /// <inheritdoc/>
    public override string Name => "header-stripping";

    /// <inheritdoc/>
    public override Suite Suite => Suite.CloudRun;

    /// <inheritdoc/>
    public override string Category => "E2E GCP Staging Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 29 and 30; the load balancer delivered upgrades without Authorization and Sec-WebSocket-Protocol";

    /// <inheritdoc/>
    public override string Claim => "Whatever headers an intermediary strips: a connection is ready, or refused with a cause, and never closed with 1011.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new CloseCodes();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.AuthenticationAs1011);

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Authentication | Capabilities.Causes;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var strips = world.Choose(StrippedHeaders.None, StrippedHeaders.Authorization, StrippedHeaders.SubProtocol, StrippedHeaders.Authorization | StrippedHeaders.SubProtocol);
        var client = world.NewClient("alice");
        var other = world.NewClient("bob");
        var connecting = client.ConnectAsync(new DialOptions { Strips = strips });
        world.ExpectInTime(await other.ConnectAsync(), "Who comes another way is not disturbed.");
        other.Send();
        var isReady = await connecting;
        if (isReady)
        {
            client.Send();
        }
        else
        {
            await client.WhenClosed;
            world.ExpectInTime(client.Cause is { Length: > 0 }, "Who is refused is told why.");
        }

        world.ExpectInTime(isReady || strips != StrippedHeaders.None, "With all headers the connection becomes ready.");
        world.Expect(!isReady || strips != (StrippedHeaders.Authorization | StrippedHeaders.SubProtocol), "Without any header that carries credentials nobody comes in.");
        await Task.WhenAll(client.WhenSettledAsync(), other.WhenSettledAsync());
    }
}
