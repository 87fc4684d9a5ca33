using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Tests;

public sealed class SimulatedStreamTests : StreamContractTests
{
    protected override int Flood => 256 * 1024;

    protected override Task RunAsync(Func<Stream, Stream, Action, Task> test)
    {
        // Whole and at once, late, split and joined, and late and split.
        foreach (var faults in new[] { LinkFaults.None, new() { Delay = TimeSpan.FromMilliseconds(100) }, new() { Splits = true, Capacity = 4 * 1024 }, new() { Splits = true, Delay = TimeSpan.FromMilliseconds(7) } })
        {
            var strategy = new RandomStrategy(5);
            for (var i = 0; i < 10; i++)
            {
                strategy.BeginRun();
                var scheduler = new Scheduler(strategy) { StepsMax = int.MaxValue };
                var (there, back) = (new SimulatedLink(scheduler, "there", faults), new SimulatedLink(scheduler, "back", faults));
                scheduler.Run(() => test(new SimulatedStream(back, there), new SimulatedStream(there, back), () =>
                {
                    there.Reset();
                    back.Reset();
                }));
            }
        }

        return Task.CompletedTask;
    }

    [Fact]
    public void What_is_stalled_arrives_after_all()
    {
        var scheduler = new Scheduler(new RandomStrategy(1));
        var link = new SimulatedLink(scheduler, "link", LinkFaults.None);
        scheduler.Run(async () =>
        {
            link.Stall();
            await link.WriteAsync(new byte[] { 1 });
            var read = link.ReadAsync(new byte[1]);
            await Task.Delay(TimeSpan.FromMinutes(1), scheduler.Time);
            Assert.False(read.IsCompleted);
            link.Resume();
            Assert.Equal(1, await read);
        });
    }

    /// <summary>The runtime's client waits a real second for the end of the stream once it has sent and read a close, unless it meets the end at once.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_has_read_the_last_word_meets_the_end_at_once(bool isStalled)
    {
        var scheduler = new Scheduler(new RandomStrategy(1));
        var link = new SimulatedLink(scheduler, "link", LinkFaults.None);
        scheduler.Run(async () =>
        {
            await link.WriteAsync(new byte[] { 1, 2 });
            link.NoteLastWord();
            Assert.Equal(2, await link.ReadAsync(new byte[8]));
            if (isStalled)
            {
                link.Stall();
            }

            var end = link.ReadAsync(new byte[8]);
            Assert.True(end.IsCompletedSuccessfully);
            Assert.Equal(0, await end);
        });
    }

    [Fact]
    public void A_last_word_that_was_stalled_on_its_way_is_not_skipped()
    {
        var scheduler = new Scheduler(new RandomStrategy(1));
        var link = new SimulatedLink(scheduler, "link", LinkFaults.None);
        scheduler.Run(async () =>
        {
            link.Stall();
            await link.WriteAsync(new byte[] { 1 });
            link.NoteLastWord();
            var read = link.ReadAsync(new byte[8]);
            Assert.False(read.IsCompleted);
            link.Resume();
            Assert.Equal(1, await read);
        });
    }

    [Theory]
    [InlineData(LinkCut.End)]
    [InlineData(LinkCut.Reset)]
    [InlineData(LinkCut.Silence)]
    public void A_link_is_cut_at_the_byte(LinkCut cut)
    {
        var scheduler = new Scheduler(new RandomStrategy(1));
        List<string> faults = [];
        var link = new SimulatedLink(scheduler, "link", new LinkFaults { CutAfter = 5, Cut = cut }, faults.Add);
        scheduler.Run(async () =>
        {
            await link.WriteAsync(new byte[] { 1, 2, 3 });
            var bytes = new byte[8];
            Assert.Equal(3, await link.ReadAsync(bytes));
            Assert.Empty(faults);
            await link.WriteAsync(new byte[] { 4, 5, 6 });
            Assert.Single(faults);
            var read = link.ReadAsync(bytes);
            if (cut == LinkCut.Silence)
            {
                await Task.Delay(TimeSpan.FromMinutes(1), scheduler.Time);
                Assert.False(read.IsCompleted);
                return;
            }

            if (cut == LinkCut.End)
            {
                Assert.Equal(2, await read);
                Assert.Equal(0, await link.ReadAsync(bytes));
                return;
            }

            // A reset takes along what was on its way.
            try
            {
                Assert.Fail($"{await read} bytes came through a reset.");
            }
            catch (IOException)
            {
            }
        });
    }
}
