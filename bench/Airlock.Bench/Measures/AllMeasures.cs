using System.Text;
using Airlock.Bench.Net;

namespace Airlock.Bench.Measures;

/// <summary>Everything that can be measured.</summary>
internal static class AllMeasures
{
    private const int Peers = 50;
    private const int CalmMax = 10;
    private static readonly byte[] _small = NewPayload(128);
    private static readonly byte[] _large = NewPayload(4096);

    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<Measure> All { get; } =
    [
        Single("connect", new("connections/s to ready, 50 at a time", "/s", "N0"), Connect),
        Single("ready", new("time to ready, one at a time, p50", "ms", "N3"), TimeToReady),
        Echo("echo-1x1", "echo 128 B, 1 connection, 1 in flight", 1, 1, _small),
        Echo("echo-50x1", "echo 128 B, 50 connections, 1 in flight", Peers, 1, _small),
        Echo("echo-50x16", "echo 128 B, 50 connections, 16 in flight", Peers, 16, _small),
        Echo("echo-4k", "echo 4 KiB, 50 connections, 16 in flight", Peers, 16, _large),
        Single("broadcast", new("broadcast 128 B to 1,000, deliveries/s", "/s", "N0"), Broadcast),
        new("idle", [new("idle processor (share of a core)", "", "N3")], Turn.OnceWarm, IdleProcessorAsync),
        new("memory", [new("idle memory per connection (resident)", "KiB", "N1"), new("idle memory per connection (managed heap)", "KiB", "N1")], Turn.OnceFresh, IdleMemoryAsync),
    ];

    /// <summary>Lets a server compile what it needs, and compile it again until it is as good as it gets.</summary>
    /// <remarks>
    /// The runtime first counts and samples calls in code that is several times slower, and replaces it beside the work. On one busy core that takes minutes, and a
    /// measure of it would compare how far two servers have come. So here bursts of work change with rests, until bursts lead to nothing new.
    /// </remarks>
    public static async Task WarmUpAsync(BenchRun bench, TargetServer server)
    {
        server.Prepare(bench.Size.Connections);
        // Some who are only there: what a beat needs is compiled too.
        using var idle = NewSwarm(bench, server, _small, isSubscriber: false);
        idle.Connect(Peers, Peers);
        var compiled = 0L;
        for (int pass = 0, calm = 0; pass < bench.Size.WarmUpsMax && calm < 3; pass++)
        {
            var time = bench.Size.Time / 4;
            Run(bench, server, _small, isSubscriber: false, swarm => { swarm.Connect(bench.Size.Connects / 4, Peers); return 0; });
            Run(bench, server, _small, isSubscriber: false, swarm => { swarm.Connect(Peers, Peers); return swarm.Echo(16, time) + swarm.Echo(1, time); });
            Run(bench, server, _large, isSubscriber: false, swarm => { swarm.Connect(Peers, Peers); return swarm.Echo(16, time); });
            Run(bench, server, _small, isSubscriber: true, swarm => { swarm.Connect(bench.Size.Subscribers / 4, Peers); return swarm.Broadcast(time); });
            var before = compiled;
            for (long last = -1; last != compiled;)
            {
                last = compiled;
                idle.Rest(bench.Size.Time / 4);
                compiled = (await server.ReadStatsAsync(collect: false)).Compiled;
            }

            calm = compiled - before <= CalmMax ? calm + 1 : 0;
        }

        idle.Leave();
    }

    private static Measure Single(string name, Row row, Func<BenchRun, TargetServer, double> run) => new(name, [row], Turn.EachRound, (bench, server) => Task.FromResult<double[]>([run(bench, server)]));

    private static Measure Echo(string name, string title, int peers, int inFlight, byte[] payload) =>
        Single(name, new(title, "/s", "N0"), (bench, server) => Run(bench, server, payload, isSubscriber: false, swarm =>
        {
            swarm.Connect(peers, peers);
            return swarm.Echo(inFlight, bench.Size.Time);
        }));

    private static double Connect(BenchRun bench, TargetServer server) => Run(bench, server, _small, isSubscriber: false, swarm => bench.Size.Connects / swarm.Connect(bench.Size.Connects, Peers).TotalSeconds);

    private static double TimeToReady(BenchRun bench, TargetServer server) => Run(bench, server, _small, isSubscriber: false, swarm =>
        Statistics.Median(Enumerable.Range(0, bench.Size.OneByOne).Select(_ => swarm.Connect(1, 1).TotalMilliseconds)));

    private static double Broadcast(BenchRun bench, TargetServer server) => Run(bench, server, _small, isSubscriber: true, swarm =>
    {
        swarm.Connect(bench.Size.Subscribers, Peers);
        return swarm.Broadcast(bench.Size.Time);
    });

    private static async Task<double[]> IdleProcessorAsync(BenchRun bench, TargetServer server)
    {
        using var swarm = NewSwarm(bench, server, _small, isSubscriber: false);
        swarm.Connect(bench.Size.Connections, Peers);
        if (Target.HasBeat(server.Target))
        {
            // The first comes when its time has passed, and with it ends what only setting up needed.
            swarm.Rest(bench.Size.Idle);
        }

        var begins = await server.ReadStatsAsync(collect: true);
        swarm.Rest(bench.Size.Idle);
        var ends = await server.ReadStatsAsync(collect: false);
        swarm.Leave();
        return [(ends.Processor - begins.Processor) / bench.Size.Idle.TotalSeconds];
    }

    private static async Task<double[]> IdleMemoryAsync(BenchRun bench, TargetServer server)
    {
        server.Prepare(bench.Size.Connections);
        // What the process needs once is not what a connection needs.
        Run(bench, server, _small, isSubscriber: false, swarm => { swarm.Connect(500, Peers); return swarm.Echo(1, TimeSpan.FromSeconds(0.2)); });
        var before = await server.ReadStatsAsync(collect: true);
        using var swarm = NewSwarm(bench, server, _small, isSubscriber: false);
        swarm.Connect(bench.Size.Connections, Peers);
        var open = await server.ReadStatsAsync(collect: true);
        swarm.Leave();
        var count = bench.Size.Connections * 1024.0;
        return [(open.Resident - before.Resident) / count, (open.Heap - before.Heap) / count];
    }

    private static double Run(BenchRun bench, TargetServer server, byte[] payload, bool isSubscriber, Func<Swarm, double> measure)
    {
        using var swarm = NewSwarm(bench, server, payload, isSubscriber);
        var value = measure(swarm);
        swarm.Leave();
        return value;
    }

    private static Swarm NewSwarm(BenchRun bench, TargetServer server, byte[] payload, bool isSubscriber) => new((poll, swarm) => server.NewPeer(poll, swarm, payload, isSubscriber), bench.Causes);

    /// <summary>Text that no protocol has to escape. The peers of Airlock and SignalR put quotes around it.</summary>
    private static byte[] NewPayload(int length) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, length).Select(static i => (char)('a' + (i % 26)))));
}
