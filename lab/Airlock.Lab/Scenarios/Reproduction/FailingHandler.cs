using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>The handling of a message fails. What is sent to close a connection, if anything is, may be sent.</summary>
public sealed class FailingHandler() : Reproduced(
    "failing-handler",
    "incident §2.13",
    "A handler that fails costs a message its answer, not the connection its close code.",
    new CloseCodes(),
    Red.Of(LegacyFault.ReservedCloseCode))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Failures;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Application.Failures = 1;
        world.ExpectInTime(await UseAsync(world.NewClient("alice")), "The connection becomes ready.");
    }
}
