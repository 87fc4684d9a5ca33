using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client talks while the server's application pushes from elsewhere. What there is to send goes out at once, not with the next sign of life.</summary>
public sealed class NothingWaits() : Neighbour(
    "nothing-waits",
    "a wake-up that is lost shows as slowness, and only sometimes",
    "Answers and pushes go out when they are there, without another message to wake whoever sends them.",
    new Expectation(),
    Red.Of("change-not-written"))
{
    /// <summary>Shorter than any sign of life, longer than all that has to happen.</summary>
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Push;

    /// <inheritdoc/>
    public override IReadOnlyList<Aspect> Fixed => [Aspect.Reading]; // It counts what the application was given by a moment.

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.Parts = 1;
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        world.ExpectInTime(await client.ConnectAsync(), "The connection becomes ready.");
        for (var round = 1; round <= 3; round++)
        {
            client.Send();
            var pushes = Enumerable.Range(0, 2).Select(i => world.CallAsync($"host {i + 1}", () => world.Server.PushAsync("alice", $"news {round}.{i}"))).ToArray();
            await Task.WhenAll(pushes);
            await world.DelayAsync(_soon);
            world.ExpectInTime(client.Unsettled == 0, "The message is answered at once.");
            world.ExpectInTime(client.Pushed == round * pushes.Length, "Every push has come at once.");
        }
    }
}
