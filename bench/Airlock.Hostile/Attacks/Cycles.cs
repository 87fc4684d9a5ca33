using Airlock.Hostile.Hosting;
using Airlock.Hostile.Peers;

namespace Airlock.Hostile.Attacks;

/// <summary>Nobody is hostile, but everybody leaves: what stays behind adds up.</summary>
internal sealed class Cycles : Attack
{
    private const int Users = 64;

    public override string Name => "cycles";

    public override string Summary => "10,000 connections that come, chat and close, each in one of four ways; nothing of them may stay.";

    public override HostSettings Settings(bool isShort) => new() { ResumeSeconds = 1, MemorySeconds = 1 };

    public override async Task RunAsync(Arena arena)
    {
        var count = arena.Size(10_000, 800);
        // As many at once as later, so that what is counted afterwards has its size.
        await CycleAsync(arena, "warm-up", count / 4);
        var before = await arena.AtRestAsync(sessionsToo: true);
        var since = System.Diagnostics.Stopwatch.GetTimestamp();
        await CycleAsync(arena, "cycles", count);
        arena.Report.Figure("cycles a second", Arena.Invariant($"{count / System.Diagnostics.Stopwatch.GetElapsedTime(since).TotalSeconds:N0}"));
        var after = await arena.AtRestAsync(sessionsToo: true);
        arena.Report.ExpectEqual("cycles", after.Requests - before.Requests, count);
        arena.Report.ExpectEqual("sessions left", after.Sessions, 0);
        arena.ExpectRest(before, after, heapSlack: (1 << 20) + (count * 64));
    }

    private static Task CycleAsync(Arena arena, string what, int count) => arena.ManyAsync(what, count, 32, async i =>
    {
        using var peer = await Peer.ReadyAsync(arena.Host.EndPoint, arena.Host.Tokens.For($"user{i % Users}"), source: i % 8, stop: arena.Stop);
        await peer.EchoAsync(arena.Stop);
        await peer.EchoAsync(arena.Stop);
        switch (i % 4)
        {
            case 0:
                await peer.SendTextAsync($$"""[{"t":"ack","a":{{peer.Received}}},{"t":"bye"}]""", arena.Stop);
                await peer.EndAsync(arena.Stop);
                break;
            case 1:
                await peer.CloseAsync(arena.Stop);
                break;
            case 2:
                peer.Reset();
                break;
        }
    });
}
