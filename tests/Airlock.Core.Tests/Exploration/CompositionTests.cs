namespace Airlock.Core.Tests;

/// <summary>Two shipped lifecycles and the shipped sessions, with a client and links that break: explored completely within the bounds each test names.</summary>
public sealed class CompositionTests
{
    private static readonly LinkFrame[] _falseResumes = [new(LinkFrameKind.Hello, 1, 0, 1), new(LinkFrameKind.Hello, 9, 0, 1), new(LinkFrameKind.Hello, 9, 9, 1)];

    private static readonly LinkFrame[] _anything =
    [
        new(LinkFrameKind.Data, 1, 1), new(LinkFrameKind.Data, 1, 2), new(LinkFrameKind.Data, 2, 2), new(LinkFrameKind.Data, 4, 4),
        new(LinkFrameKind.Ack, 1), new(LinkFrameKind.Ack, 9), new(LinkFrameKind.Stop, 1), new(LinkFrameKind.Bye), new(LinkFrameKind.Hello, 9), .. _falseResumes,
    ];

    [Fact]
    public void Honest_client_loses_nothing_whatever_breaks() =>
        Explore(new WorldBounds { Messages = 1, Pushes = 0, Connections = 3, Faults = 2, Link = 1 });

    [Fact]
    public void Honest_client_loses_nothing_either_way() =>
        Explore(new WorldBounds { Messages = 1, Pushes = 1, Connections = 2, Faults = 1 });

    [Fact]
    public void Honest_client_is_told_of_every_push_that_did_not_fit() =>
        Explore(new WorldBounds { Messages = 1, Pushes = 3, Connections = 2, Faults = 1, Outbox = 1, Link = 1, Gaps = true });

    [Fact]
    public void Honest_client_keeps_its_order_within_the_window() =>
        Explore(new WorldBounds { Messages = 2, Pushes = 0, Connections = 2, Faults = 1, Window = 1 });

    [Fact]
    public void Honest_client_sees_every_failed_try_withdrawn() =>
        Explore(new WorldBounds { Messages = 1, Pushes = 0, Connections = 2, Faults = 1, Failures = true });

    [Fact]
    public void Honest_client_stops_its_message_once() =>
        Explore(new WorldBounds { Messages = 1, Pushes = 0, Connections = 2, Faults = 1, Stops = true });

    [Fact]
    public void Hostile_client_breaks_no_rule_of_the_server() =>
        Explore(new WorldBounds { Messages = 1, Pushes = 0, Connections = 1, Faults = 0, HostileFrames = 2, Hostile = _anything, GreetsAtOnce = false });

    [Fact]
    public void Hostile_client_that_comes_back_breaks_no_rule_of_the_server() =>
        Explore(new WorldBounds { Messages = 1, Pushes = 0, Connections = 2, Faults = 1, HostileFrames = 1, Hostile = _falseResumes, GreetsAtOnce = false, Link = 1 });

    private static void Explore(WorldBounds bounds)
    {
        var exploration = new Exploration<World, WorldKey>(world => world.Key(), (world, next) => world.Expand(next));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        exploration.Run(new World(bounds), world => world.IsOver);
        TestContext.Current.TestOutputHelper?.WriteLine($"{exploration.States} states, {exploration.Steps} steps, {clock.Elapsed.TotalSeconds:F1} s; {bounds}");
    }
}
