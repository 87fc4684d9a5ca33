using Airlock.Hostile.Hosting;
using Airlock.Hostile.Peers;

namespace Airlock.Hostile.Attacks;

/// <summary>Clients that ask for much and read nothing of it.</summary>
internal sealed class NeverRead : Attack
{
    private const int OutboxBytes = 256 * 1024;
    private const int SendBuffer = 64 * 1024;

    public override string Name => "never-read";

    public override string Summary => "1,000 clients that never read while the server wants to send to them: memory stays bounded and each is closed as a slow consumer.";

    public override HostSettings Settings(bool isShort) => new()
    {
        OutboxBytesMax = OutboxBytes,
        SendBuffer = SendBuffer,
        WriteSeconds = isShort ? 1 : 10,
        CloseSeconds = 1,
        ResumeSeconds = 1,
        MemorySeconds = 1,
    };

    public override async Task RunAsync(Arena arena)
    {
        var count = arena.Size(1_000, 60);
        using var clients = await arena.HonestAsync(arena.Size(20, 4), TimeSpan.FromMilliseconds(100));
        var first = await arena.Host.CountAsync(collect: true);
        // The same before the count: what is made at first use is there then.
        await DeafAsync(arena, clients, count, check: false);
        var before = await arena.AtRestAsync(sessionsToo: true, connections: clients.Count);
        arena.Report.Figure("heap at first", Arena.Invariant($"{first.Heap / 1024.0:N0} KiB"));
        clients.Take();
        await DeafAsync(arena, clients, count, check: true);
        arena.Report.Figure("honest, attacked", clients.Take().ToString());
        arena.Report.ExpectEqual("honest clients cut off", clients.Failed, 0);
        arena.ExpectRest(before, await arena.AtRestAsync(sessionsToo: true, connections: clients.Count), heapSlack: 4 << 20);
        if (!arena.IsShort)
        {
            // What Kestrel keeps for the next wave it gives back bit by bit.
            await Task.Delay(TimeSpan.FromMinutes(1), arena.Stop);
            var later = await arena.Host.CountAsync(collect: true);
            arena.Report.Figure("heap a minute later", Arena.Invariant($"{later.Heap / 1024.0:N0} KiB ({later.Pinned / 1024.0:N0})"));
        }

        await clients.LeaveAsync();
    }

    private static async Task DeafAsync(Arena arena, HonestClients clients, int count, bool check)
    {
        var before = await arena.Host.CountAsync(collect: true);
        var peers = new Peer[count];
        await arena.ManyAsync("clients that never read", count, 32, async i =>
        {
            peers[i] = await Peer.ReadyAsync(arena.Host.EndPoint, arena.Host.Tokens.For($"deaf{i}"), i % 8, receiveBuffer: 4096, stop: arena.Stop);
            await peers[i].SayAsync("""{"do":"join"}""", arena.Stop);
            if (i % 2 == 0)
            {
                // One half is sent what a turn of its own streams, the other only what is pushed to everybody.
                await peers[i].SayAsync("""{"do":"flood","parts":100,"bytes":65000}""", arena.Stop);
            }
        });
        var push = $"\"{new string('x', 60_000)}\"";
        var full = 0;
        for (var i = 0; i < 12; i++)
        {
            full += (await arena.Host.PushAsync(push)).Full;
        }

        var loaded = await arena.Host.CountAsync(collect: true);
        // An outbox takes one entry more than its limit allows, and what is being written is in a buffer of its own.
        var bound = (long)count * (OutboxBytes + (2 * SendBuffer));
        var after = await arena.AtRestAsync(sessionsToo: true, connections: clients.Count);
        foreach (var peer in peers)
        {
            peer.Dispose();
        }

        if (!check)
        {
            return;
        }

        arena.Report.Figure("connections that never read", Arena.Invariant($"{loaded.Connections - clients.Count:N0}"));
        arena.Report.ExpectAtMost("heap held for them", (loaded.Heap - before.Heap) / 1024.0, bound / 1024.0, "KiB");
        arena.Report.Figure("heap held for each", Arena.Invariant($"{(loaded.Heap - before.Heap) / 1024.0 / count:N0} KiB of {OutboxBytes / 1024} KiB allowed"));
        arena.Report.Expect("pushes that found no room", full > 0, Arena.Invariant($"{full:N0}"), "above 0");
        arena.Report.ExpectEqual("closed as slow consumers", after.Closes.GetValueOrDefault("slow_consumer") - before.Closes.GetValueOrDefault("slow_consumer"), count);
    }
}
