using System.Globalization;
using System.Text;
using Airlock.Hostile.Hosting;
using Airlock.Hostile.Peers;

namespace Airlock.Hostile.Attacks;

/// <summary>Too much of everything: each kind of flood must end with its own cause, or go on without harm.</summary>
internal sealed class Flood : Attack
{
    /// <summary>A kind: its name, what it does to a connection that is ready (or only open), and the cause that ends it; null if the client may do that.</summary>
    private sealed record Kind(string Name, bool IsReady, Func<Peer, Arena, Task> Run, string? Cause = null)
    {
        /// <summary>A client that still sends when it is refused may lose the refusal to a reset (RFC 6455 §7.1.1); the server's log has it all the same.</summary>
        public bool IsExpected(PeerEnd end) => Cause is null ? end.Code == 1000 : end.Cause == Cause || end is { Code: null, Cause: null };
    }

    private static readonly Kind[] _kinds =
    [
        new("messages beyond the window", true, BeyondWindowAsync, "window_exceeded"),
        new("a message of 64 MiB", true, HugeAsync, "message_too_large"),
        new("fragments of one byte without end", true, (peer, arena) => FragmentsAsync(peer, [(byte)'7'], arena), "message_too_large"),
        new("empty fragments without end, before hello", false, (peer, arena) => FragmentsAsync(peer, [], arena), "hello_timeout"),
        new("arrays of 256 frames", true, (peer, arena) => RepeatAsync(peer, Many("""{"t":"pong"}""", 256), arena)),
        new("an array of 257 frames", true, (peer, _) => peer.SendTextAsync(Many("""{"t":"pong"}""", 257)), "malformed_frame"),
        new("nesting without end", true, (peer, _) => peer.SendTextAsync(new string('[', 60_000)), "malformed_frame"),
        new("a deep payload", true, (peer, _) => peer.SayAsync(new string('[', 30_000) + new string(']', 30_000)), "malformed_frame"),
        new("10,000 unknown fields", true, (peer, _) => peer.SendTextAsync("{" + string.Join(',', Enumerable.Repeat("\"x\":1", 10_000)) + "}"), "malformed_frame"),
        new("pings that nobody reads the answers of", true, PingsAsync),
        new("acks", true, (peer, arena) => RepeatAsync(peer, Many("""{"t":"ack","a":0}""", 256), arena)),
        new("stops of what never was", true, (peer, arena) => RepeatAsync(peer, Many("""{"t":"stop","s":9007199254740991}""", 256), arena)),
        new("unknown frames", true, (peer, _) => peer.SendTextAsync("""{"t":"upgrade"}"""), "unknown_frame"),
        new("binary", true, (peer, _) => peer.SendAsync(Peer.Frame(0x82, new byte[1000])), "binary_refused"),
        new("the same message again and again", true, RepeatsAsync),
        new("hellos", false, (peer, _) => peer.SendTextAsync(Many(Peer.Hello(), 10)), "hello_repeated"),
    ];

    public override string Name => "flood";

    public override string Summary => "Frames beyond the window, huge messages, fragments without end, arrays, deep nesting, control frames: each ends with its cause or does no harm.";

    public override HostSettings Settings(bool isShort) => new() { HelloSeconds = isShort ? 5 : 10, CloseSeconds = 2, ResumeSeconds = 1, MemorySeconds = 1 };

    public override async Task RunAsync(Arena arena)
    {
        var count = arena.Size(50, 3);
        using var clients = await arena.HonestAsync(arena.Size(20, 4), TimeSpan.FromMilliseconds(100));
        // The same before the count: what is made at first use is there then.
        await AllAsync(arena, count, check: false);
        var before = await arena.AtRestAsync(sessionsToo: false, connections: clients.Count);
        clients.Take();
        await AllAsync(arena, count, check: true);
        arena.Report.Figure("honest, attacked", clients.Take().ToString());
        arena.Report.ExpectEqual("honest clients cut off", clients.Failed, 0);
        arena.ExpectRest(before, await arena.AtRestAsync(sessionsToo: false, connections: clients.Count), heapSlack: 8 << 20);
        await clients.LeaveAsync();
    }

    private static async Task AllAsync(Arena arena, int count, bool check)
    {
        // All kinds at once, as they would come.
        var ends = _kinds.Select(_ => new PeerEnd[count]).ToArray();
        await arena.ManyAsync("floods", count * _kinds.Length, arena.Size(64, 24), async i =>
            ends[i % _kinds.Length][i / _kinds.Length] = await OneAsync(arena, _kinds[i % _kinds.Length], i));
        for (var i = 0; check && i < _kinds.Length; i++)
        {
            var kind = _kinds[i];
            var found = string.Join(", ", ends[i].GroupBy(static end => $"{end.Code?.ToString(CultureInfo.InvariantCulture) ?? "reset"} {end.Cause}".TrimEnd()).Select(static group => $"{group.Count()} x {group.Key}"));
            arena.Report.Expect(kind.Name, ends[i].All(end => kind.IsExpected(end)), found, kind.Cause ?? "served to the end");
        }
    }

    /// <summary>Floods one connection. One that may go on says something at the end, hears it back, and closes.</summary>
    private static async Task<PeerEnd> OneAsync(Arena arena, Kind kind, int i)
    {
        using var peer = kind.IsReady
            ? await Peer.ReadyAsync(arena.Host.EndPoint, arena.Host.Tokens.For($"flood{i}"), i % 8, stop: arena.Stop)
            : await Peer.OpenAsync(arena.Host.EndPoint, arena.Host.Tokens.For($"flood{i}"), i % 8, stop: arena.Stop);
        // Whoever is refused while it still floods reads the refusal as it floods.
        var ending = kind.Cause is null ? null : peer.EndAsync(arena.Stop);
        try
        {
            await kind.Run(peer, arena);
        }
        catch (Exception e) when (ending is not null && Arena.IsEnd(e))
        {
            // The server has had enough.
        }

        if (ending is not null)
        {
            return await ending;
        }

        await peer.EchoAsync(arena.Stop);
        return await peer.CloseAsync(arena.Stop);
    }

    private static string Many(string frame, int count) => $"[{string.Join(',', Enumerable.Repeat(frame, count))}]";

    private static async Task RepeatAsync(Peer peer, string text, Arena arena)
    {
        for (var i = 0; i < arena.Size(200, 20); i++)
        {
            await peer.SendTextAsync(text, arena.Stop);
        }
    }

    private static async Task BeyondWindowAsync(Peer peer, Arena arena)
    {
        await peer.SayAsync("""{"do":"hold"}""", arena.Stop);
        for (var i = 0; i < 1000; i++)
        {
            await peer.SayAsync("1", arena.Stop);
        }
    }

    private static async Task HugeAsync(Peer peer, Arena arena)
    {
        var frame = Peer.Frame(0x81, new byte[64 << 20]);
        for (var at = 0; at < frame.Length; at += 64 * 1024)
        {
            await peer.SendAsync(frame.AsMemory(at, Math.Min(64 * 1024, frame.Length - at)), arena.Stop);
        }
    }

    /// <summary>At most 200,000 fragments; the server ends it long before.</summary>
    private static async Task FragmentsAsync(Peer peer, byte[] payload, Arena arena)
    {
        await peer.SendAsync(Peer.Frame(0x01, payload), arena.Stop);
        var fragment = Peer.Frame(0x00, payload);
        var hundred = Enumerable.Repeat(fragment, 100).SelectMany(static bytes => bytes).ToArray();
        for (var i = 0; i < 2000; i++)
        {
            await peer.SendAsync(hundred, arena.Stop);
            if (payload.Length == 0)
            {
                // It is to last longer than the time for hello.
                await Task.Delay(10, arena.Stop);
            }
        }
    }

    private static async Task PingsAsync(Peer peer, Arena arena)
    {
        var thousand = Enumerable.Repeat(Peer.Frame(0x89, Encoding.ASCII.GetBytes("0123456789")), 1000).SelectMany(static bytes => bytes).ToArray();
        for (var i = 0; i < arena.Size(20, 5); i++)
        {
            await peer.SendAsync(thousand, arena.Stop);
        }
    }

    private static async Task RepeatsAsync(Peer peer, Arena arena)
    {
        await peer.EchoAsync(arena.Stop);
        await RepeatAsync(peer, Many(Peer.Data(1, "\"hello\""), 256), arena);
    }
}
