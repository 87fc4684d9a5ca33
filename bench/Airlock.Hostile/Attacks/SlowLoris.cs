using System.Text;
using Airlock.Hostile.Hosting;
using Airlock.Hostile.Peers;

namespace Airlock.Hostile.Attacks;

/// <summary>Sockets that are held open with as little as possible: half a request, no hello, a byte a second, half a frame.</summary>
internal sealed class SlowLoris : Attack
{
    public override string Name => "slow-loris";

    public override string Summary => "1,000 sockets that say next to nothing while 100 honest clients go on; what those feel is a figure.";

    public override HostSettings Settings(bool isShort) => isShort
        ? new() { HelloSeconds = 5, IdleSeconds = 2, PongSeconds = 3, CloseSeconds = 1, RequestHeadersSeconds = 3, ResumeSeconds = 1, MemorySeconds = 1 }
        : new() { IdleSeconds = 10, PongSeconds = 5, ResumeSeconds = 1, MemorySeconds = 1 };

    public override async Task RunAsync(Arena arena)
    {
        var count = arena.Size(1_000, 120);
        var honest = arena.Size(100, 12);
        var length = TimeSpan.FromSeconds(arena.Size(45, 6));
        using var clients = await arena.HonestAsync(honest, TimeSpan.FromMilliseconds(100));
        // As many at once as later: what is made at first use is there when it is counted, and measured.
        await AttackAsync(arena, count, new int[4], TimeSpan.FromSeconds(arena.Size(5, 1)), mustEnd: false);
        await arena.AtRestAsync(sessionsToo: true, connections: honest);
        clients.Take();
        await Task.Delay(TimeSpan.FromSeconds(arena.Size(15, 2)), arena.Stop);
        var quiet = clients.Take();
        var before = await arena.Host.CountAsync(collect: true);
        clients.Take();
        var ends = new int[4];
        var attacked = await AttackAsync(arena, count, ends, length, mustEnd: true);
        var during = clients.Take();
        arena.Report.Figure("honest, quiet", quiet.ToString());
        arena.Report.Figure("honest, attacked", during.ToString());
        arena.Report.Figure("connections while attacked", Arena.Invariant($"{attacked.Connections:N0} of {count + honest:N0} sockets"));
        arena.Report.Figure("ended by the server: half a request, no hello, a byte a second, half a frame", string.Join(", ", ends));
        arena.Report.Expect("every kind was ended by the server", ends.All(static end => end > 0), string.Join(", ", ends), "each above 0");
        arena.Report.ExpectEqual("honest clients cut off", clients.Failed, 0);
        var between = await arena.AtRestAsync(sessionsToo: true, connections: honest);
        arena.Report.ExpectEqual("honest connections still there", between.Connections, honest);
        arena.ExpectRest(before, between, heapSlack: 8 << 20);
        await clients.LeaveAsync();
    }

    /// <returns>The server at the end of it.</returns>
    private static async Task<Counters> AttackAsync(Arena arena, int count, int[] ends, TimeSpan length, bool mustEnd)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(arena.Stop);
        var attack = Task.WhenAll(Enumerable.Range(0, count).Select(i => HoldAsync(arena, i, ends, over.Token)));
        // Longer where the machine is too slow to have seen the end of each kind.
        for (var second = 0; second < length.TotalSeconds || (mustEnd && second < 60 && ends.Contains(0)); second++)
        {
            arena.Step("slow sockets, seconds", second, (long)length.TotalSeconds);
            await Task.Delay(1000, arena.Stop);
        }

        var attacked = await arena.Host.CountAsync();
        await over.CancelAsync();
        await attack;
        return attacked;
    }

    /// <summary>Holds one socket, and dials again whenever the server has had enough.</summary>
    private static async Task HoldAsync(Arena arena, int i, int[] ends, CancellationToken over)
    {
        var kind = i % 4;
        while (!over.IsCancellationRequested)
        {
            try
            {
                using var peer = kind switch
                {
                    0 => await Peer.DialAsync(arena.Host.EndPoint, i % 8, stop: over),
                    1 or 2 => await Peer.OpenAsync(arena.Host.EndPoint, source: i % 8, stop: over),
                    _ => await Peer.ReadyAsync(arena.Host.EndPoint, arena.Host.Tokens.For($"slow{i}"), i % 8, stop: over),
                };
                var drip = kind switch
                {
                    0 => DripAsync(peer, Encoding.ASCII.GetBytes("GET /chat HTTP/1.1\r\nHost: localhost\r\nX-Slow: 0123456789012345678901234567890123456789012345678901234567890123456789"), over),
                    2 => DripAsync(peer, Peer.Frame(0x81, Encoding.UTF8.GetBytes(Peer.Hello())), over),
                    3 => peer.SendAsync(Peer.Frame(0x81, new byte[100]).AsMemory(0, 20), over),
                    _ => Task.CompletedTask,
                };
                await Task.WhenAll(drip, peer.EndAsync(over));
                Interlocked.Increment(ref ends[kind]);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (Arena.IsEnd(e))
            {
                Interlocked.Increment(ref ends[kind]);
            }
        }
    }

    private static async Task DripAsync(Peer peer, byte[] bytes, CancellationToken over)
    {
        foreach (var one in bytes)
        {
            await peer.SendAsync(new[] { one }, over);
            await Task.Delay(1000, over);
        }
    }
}
