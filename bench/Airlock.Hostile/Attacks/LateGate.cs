using System.Diagnostics;
using Airlock.Hostile.Hosting;
using Airlock.Hostile.Peers;

namespace Airlock.Hostile.Attacks;

/// <summary>The incident: everybody connects while a service that is needed is still starting.</summary>
internal sealed class LateGate : Attack
{
    public override string Name => "late-gate";

    public override string Summary => "1,000 connections while a required gate opens 2 seconds late: all of them must become ready, none may close with 1011.";

    public override HostSettings Settings(bool isShort) => new() { GateIsOpen = false, ResumeSeconds = 1, HelloSeconds = isShort ? 60 : 10, GateSeconds = isShort ? 60 : 30 };

    public override async Task RunAsync(Arena arena)
    {
        const int Count = 1_000;
        var late = TimeSpan.FromSeconds(2);
        var ready = 0;
        var before = await arena.AtRestAsync(sessionsToo: true);
        var since = Stopwatch.GetTimestamp();
        var opening = OpenAsync();
        var peers = new Peer?[Count];
        await arena.ManyAsync("connections", Count, Count, async i =>
        {
            try
            {
                peers[i] = await Peer.ReadyAsync(arena.Host.EndPoint, arena.Host.Tokens.For($"user{i % 100}"), source: i % 8, stop: arena.Stop);
                await peers[i]!.EchoAsync(arena.Stop);
                Interlocked.Increment(ref ready);
            }
            catch (Exception e) when (Arena.IsEnd(e))
            {
                // Counted by not being ready.
            }
        });
        var all = Stopwatch.GetElapsedTime(since);
        var opened = await opening;
        arena.Report.ExpectEqual("ready and answered", ready, Count);
        arena.Report.Figure("gate told to open after", Arena.Invariant($"{opened.TotalSeconds:N2} s"));
        arena.Report.Figure("all ready and answered after", Arena.Invariant($"{all.TotalSeconds:N2} s"));
        await arena.ManyAsync("closes", Count, 32, async i =>
        {
            if (peers[i] is { } peer)
            {
                await peer.CloseAsync(arena.Stop);
                peer.Dispose();
            }
        });
        arena.ExpectRest(before, await arena.AtRestAsync(sessionsToo: true), heapSlack: 12 << 20);

        async Task<TimeSpan> OpenAsync()
        {
            await Task.Delay(late, arena.Stop);
            await arena.Host.OpenGateAsync();
            return Stopwatch.GetElapsedTime(since);
        }
    }
}
