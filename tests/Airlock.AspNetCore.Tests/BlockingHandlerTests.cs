using Microsoft.AspNetCore.Builder;

namespace Airlock.AspNetCore.Tests;

/// <summary>Handlers that block hold threads. With a limit below the pool's threads everything else goes on.</summary>
public sealed class BlockingHandlerTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Handlers_that_block_keep_no_new_client_out_where_turns_are_limited()
    {
        const int Clients = 30;
        using var goOn = new ManualResetEventSlim();
        var blocking = 0;
        await using var app = await TestApp.StartAsync(
            a =>
            {
                a.MapAirlock("/slow", (Turn turn) =>
                {
                    Interlocked.Increment(ref blocking);
                    goOn.Wait();
                    return turn.SendRawAsync(turn.Message);
                }).AllowAnonymous();
                a.MapAirlock("/fast", TestApp.Echo).AllowAnonymous();
            },
            airlock: static o => o.TurnsMax = 1);
        var slow = new List<Peer>();
        try
        {
            for (var i = 0; i < Clients; i++)
            {
                slow.Add(await Peer.ReadyAsync(app.Socket("/slow")));
                await slow[i].SendAsync(Peer.Data(1, "\"slow\""));
            }

            using var patience = new CancellationTokenSource(Patience.Max);
            while (Volatile.Read(ref blocking) < 1 || app.Server.Observation.WaitingTurns < Clients - 1)
            {
                await Task.Delay(10, patience.Token);
            }

            // All of them are at it, and a newcomer is ready, is heard, and waits for nothing but its place.
            using var fast = await Peer.ReadyAsync(app.Socket("/fast"));
            await fast.SendAsync(Peer.Data(1, "\"fast\""));
            Assert.Equal(1, (int)(await fast.NextAsync("ack"))["a"]!);
            Assert.Equal(1, Volatile.Read(ref blocking));
            goOn.Set();
            Assert.Equal("fast", (string)(await fast.NextAsync("data"))["b"]!);
            foreach (var peer in slow)
            {
                Assert.Equal("slow", (string)(await peer.NextAsync("data"))["b"]!);
            }

            Assert.Equal((0, Clients), (app.Server.Observation.WaitingTurns, blocking));
        }
        finally
        {
            goOn.Set();
            slow.ForEach(static p => p.Dispose());
        }
    }
}
