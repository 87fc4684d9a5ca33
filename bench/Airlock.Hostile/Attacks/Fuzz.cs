using Airlock.Core;
using Airlock.Hostile.Fuzzing;
using Airlock.Hostile.Hosting;
using Airlock.Hostile.Peers;

namespace Airlock.Hostile.Attacks;

/// <summary>What is nearly right: into the reader alone, and into connections of a running server in each phase of their life.</summary>
internal sealed class Fuzz : Attack
{
    private const int Seeds = 24;
    private static readonly HashSet<string> _causes = [.. CloseReason.All.Select(static reason => reason.Cause)];

    private enum Phase
    {
        Open,
        Saying,
        Ready,
        Resumed,
    }

    public override string Name => "fuzz";

    public override string Summary => "24 seeds of mutated frames into the reader and the driver; nothing may escape, no connection may end without a cause, a bystander goes on.";

    /// <summary>Where the inputs are that it starts from.</summary>
    public string Folder { get; set; } = "tests/corpus";

    /// <summary>Whether what it finds is added to them.</summary>
    public bool Keeps { get; set; }

    public override HostSettings Settings(bool isShort) => new() { ResumeSeconds = 1, MemorySeconds = 1, CloseSeconds = 2 };

    public override async Task RunAsync(Arena arena)
    {
        var corpus = new Corpus(Folder);
        foreach (var line in corpus.Lines.ToArray())
        {
            corpus.Know(ReaderProbe.Read(line, out _));
        }

        using var clients = await arena.HonestAsync(2, TimeSpan.FromMilliseconds(20));
        var (reads, broken) = (0L, new List<string>());
        var readsEach = arena.Size(100_000, 2_000);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var mutator = new Mutator(corpus, new Random((arena.Seed * Seeds) + seed));
            for (var i = 0; i < readsEach; i++, reads++)
            {
                var message = mutator.Next();
                corpus.Offer(ReaderProbe.Read(message, out var problem), message);
                if (problem is not null)
                {
                    broken.Add($"{problem}: {Convert.ToBase64String(message)}");
                }
            }

            arena.Step("reader, seeds", seed + 1, Seeds);
        }

        arena.Report.Figure("messages read", Arena.Invariant($"{reads:N0}"));
        arena.Report.Expect("nothing escapes the reader", broken.Count == 0, broken.Count == 0 ? "nothing" : broken[0].ReplaceLineEndings(" "), "nothing");
        // The same before the count: what is made at first use is there then.
        await DriveAsync(arena, corpus, Seeds, 1, []);
        var before = await arena.AtRestAsync(sessionsToo: true, connections: clients.Count);
        var bad = new List<string>();
        await DriveAsync(arena, corpus, 0, arena.Size(400, 8), bad);
        arena.Report.Figure("connections with mutated frames", Arena.Invariant($"{arena.Size(400, 8) * Seeds:N0}"));
        arena.Report.Expect("every end has a known cause", bad.Count == 0, bad.Count == 0 ? "yes" : bad[0], "yes");
        arena.Report.Figure("honest, attacked", clients.Take().ToString());
        arena.Report.ExpectEqual("honest clients cut off", clients.Failed, 0);
        arena.ExpectRest(before, await arena.AtRestAsync(sessionsToo: true, connections: clients.Count), heapSlack: 4 << 20);
        arena.Report.Figure("corpus, and new inputs found", Arena.Invariant($"{corpus.Count:N0}, {corpus.Found.Count:N0}"));
        if (Keeps)
        {
            corpus.Keep();
        }

        await clients.LeaveAsync();
    }

    private static async Task DriveAsync(Arena arena, Corpus corpus, int firstSeed, int each, List<string> bad)
    {
        var gate = new Lock();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random((arena.Seed * Seeds) + firstSeed + seed);
            var mutator = new Mutator(corpus, random);
            // Made in order, so that the seed decides; run several at once.
            var cases = Enumerable.Range(0, each).Select(_ => (
                Phase: (Phase)random.Next(4),
                Lines: Enumerable.Range(0, random.Next(1, 7)).Select(_ => random.Next(4) == 0 ? corpus.Line(random) : mutator.Next()).ToArray(),
                BreakAt: random.Next(8) == 0 ? random.Next(64) : -1)).ToArray();
            await arena.ManyAsync($"driver, seed {seed + 1} of {Seeds}", each, 16, async i =>
            {
                var (phase, lines, breakAt) = cases[i];
                var end = await OneAsync(arena, i, phase, lines, breakAt);
                var isKnown = end.Code is null or 1000 or 1002 or 1005 or 1007 or (>= 4000 and <= 4399) && (end.Cause is null || _causes.Contains(end.Cause));
                lock (gate)
                {
                    if (!isKnown)
                    {
                        bad.Add($"{phase}, {end.Code} {end.Cause}: {string.Join(' ', lines.Select(Convert.ToBase64String))}");
                    }

                    if (breakAt < 0)
                    {
                        corpus.Offer([$"{phase}: {end.Code} {end.Cause}"], lines);
                    }
                }
            });
        }
    }

    /// <summary>One connection: into its phase, the lines as messages, and the end of the stream.</summary>
    private static async Task<PeerEnd> OneAsync(Arena arena, int i, Phase phase, byte[][] lines, int breakAt)
    {
        var token = arena.Host.Tokens.For($"fuzz{i % 50}");
        try
        {
            using var peer = phase < Phase.Ready
                ? await Peer.OpenAsync(arena.Host.EndPoint, token, i % 8, stop: arena.Stop)
                : await Peer.ReadyAsync(arena.Host.EndPoint, token, i % 8, stop: arena.Stop);
            if (phase == Phase.Saying)
            {
                await peer.SendTextAsync(Peer.Hello(), arena.Stop);
            }

            if (phase == Phase.Resumed)
            {
                await peer.EchoAsync(arena.Stop);
                var session = peer.Ready!.Session;
                peer.Reset();
                using var next = await Peer.OpenAsync(arena.Host.EndPoint, token, i % 8, stop: arena.Stop);
                await next.SendTextAsync($$$"""{"t":"hello","v":1,"client":"hostile/1","instance":"i","resume":{"session":"{{{session}}}","attempt":2,"received":0}}""", arena.Stop);
                await next.UntilReadyAsync(arena.Stop);
                return await SayAsync(next, lines, breakAt, arena.Stop);
            }

            return await SayAsync(peer, lines, breakAt, arena.Stop);
        }
        catch (PeerEndedException ended)
        {
            return ended.End;
        }
    }

    private static async Task<PeerEnd> SayAsync(Peer peer, byte[][] lines, int breakAt, CancellationToken stop)
    {
        var bytes = lines.SelectMany(static line => Peer.Frame(0x81, line)).ToArray();
        if (breakAt >= 0)
        {
            // One bit of the WebSocket layer's own: an opcode, a length, a mask, or of a payload.
            bytes[breakAt % bytes.Length] ^= (byte)(1 << (breakAt % 8));
        }

        // Whoever is refused while it still sends reads the refusal meanwhile.
        var ending = peer.EndAsync(stop);
        try
        {
            await peer.SendAsync(bytes, stop);
            await peer.SendAsync(Peer.Frame(0x88, [0x03, 0xE8]), stop);
            peer.EndOutput();
        }
        catch (Exception e) when (Arena.IsEnd(e))
        {
            // The server has had enough.
        }

        return await ending;
    }
}
