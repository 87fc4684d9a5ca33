using System.Collections.Concurrent;
using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace Airlock.Tests.Connections;

/// <summary>A store that fails, hangs or fences: the client hears of it in time and for the right cause, and no session falls silent.</summary>
public sealed class StoreGuardTests
{
    // Silent for less time than a store may take. Time passes while a thread is still on its way to the store, so all others are patient.
    private static readonly EndpointOptions _impatient = new() { Timeouts = new LifecycleTimeouts { Idle = TimeSpan.FromSeconds(4), Pong = TimeSpan.FromSeconds(4) }, TryDelay = TimeSpan.Zero };
    private static readonly EndpointOptions _patient = new() { Timeouts = new LifecycleTimeouts { Idle = TimeSpan.FromHours(1) }, TryDelay = TimeSpan.Zero };

    [Theory]
    [InlineData("Append")]
    [InlineData("Acknowledge")]
    [InlineData("Stop")]
    [InlineData("EndInput")]
    public async Task A_fenced_call_closes_its_connection_as_superseded(string call)
    {
        using var stage = new StoreStage();
        var peer = await stage.ReadyAsync();
        stage.Log.Fenced = call;
        await SayEverythingAsync(peer);
        await peer.ExpectClosingAsync(CloseReason.Superseded, resumes: true);
    }

    [Theory]
    [InlineData("Append")]
    [InlineData("Acknowledge")]
    [InlineData("Stop")]
    [InlineData("EndInput")]
    [InlineData("TryLease")]
    [InlineData("After")]
    [InlineData("Positions")]
    public async Task A_call_that_throws_closes_as_the_stores_fault_and_the_client_comes_back(string call)
    {
        using var stage = new StoreStage();
        var peer = await stage.ReadyAsync();
        stage.Throws(call);
        await SayEverythingAsync(peer);
        await peer.ExpectClosingAsync(CloseReason.StoreUnavailable, resumes: true);
        Assert.Contains(stage.Server.Log.Lines, line => line is { Level: LogLevel.Error, Exception: IOException } && line.Text == $"Connection {peer.Id}: the session store failed");
        await stage.FinishAsync(peer);
    }

    [Theory]
    [InlineData("Append")]
    [InlineData("Acknowledge")]
    [InlineData("Stop")]
    [InlineData("EndInput")]
    [InlineData("TryLease")]
    public async Task A_call_that_hangs_closes_as_the_stores_fault_and_never_as_the_clients_silence(string call)
    {
        // While a bye is told the reader goes on, so that a client which says nothing more is silent indeed.
        using var stage = new StoreStage(options: call == "EndInput" ? _patient : _impatient);
        var peer = await stage.ReadyAsync();
        var never = stage.Hangs(call);
        await SayEverythingAsync(peer);
        await stage.Failed;
        await stage.PassAsync(peer.Closed);
        // What it answers late disturbs nobody.
        never.SetResult();
        await peer.ExpectClosingAsync(CloseReason.StoreUnavailable, resumes: true);
        Assert.Contains(stage.Server.Log.Lines, line => line is { Level: LogLevel.Warning, Exception: TimeoutException } && line.Text.StartsWith($"Connection {peer.Id}: the session store has not answered in time", StringComparison.Ordinal));
        await stage.FinishAsync(peer);
    }

    [Fact]
    public async Task A_store_that_keeps_the_readers_thread_is_the_stores_fault_and_not_the_clients_silence()
    {
        using var stage = new StoreStage(options: _impatient);
        var peer = await stage.ReadyAsync();
        using var kept = new ManualResetEventSlim();
        using var isAsked = new SemaphoreSlim(0);
        stage.Log.Before = call =>
        {
            if (call == "Append")
            {
                isAsked.Release();
                kept.Wait(TestServer.Patience);
            }

            return Task.CompletedTask;
        };
        // The reader may run on the thread that sends.
        var sending = Task.Run(() => peer.DataAsync(1, "1"), TestContext.Current.CancellationToken);
        Assert.True(await isAsked.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken));
        await stage.PassAsync(peer.Closed);
        Assert.Equal((CloseReason.StoreUnavailable.ResumeCode, CloseReason.StoreUnavailable.Cause), await peer.Closed);
        kept.Set();
        await sending;
        await peer.CloseAsync();
        await peer.EndedAsync();
    }

    [Fact]
    public async Task A_clock_that_jumps_while_a_message_is_handled_accuses_nobody()
    {
        using var stage = new StoreStage(options: _impatient);
        var peer = await stage.ReadyAsync();
        using var kept = new ManualResetEventSlim();
        using var isAsked = new SemaphoreSlim(0);
        stage.Log.Before = call =>
        {
            if (call == "Append")
            {
                isAsked.Release();
                kept.Wait(TestServer.Patience);
            }

            return Task.CompletedTask;
        };
        for (var number = 1; number <= 3; number++)
        {
            kept.Reset();
            var sending = Task.Run(() => peer.DataAsync(number, "1"), TestContext.Current.CancellationToken);
            Assert.True(await isAsked.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken));
            // Looks of 4 seconds: one of them comes after the store's 10. A machine that slept looks the same.
            stage.Server.Time.Advance(TimeSpan.FromSeconds(12.5));
            kept.Set();
            await sending;
            await peer.AfterAcksAsync(FrameType.Data);
        }

        await peer.CloseAsync();
        await peer.EndedAsync();
    }

    [Theory]
    [InlineData("Acknowledge", false)]
    [InlineData("Acknowledge", true)]
    [InlineData("After", false)]
    [InlineData("End", false)]
    public async Task A_store_that_fails_a_plain_connection_ends_it_with_a_cause_and_leaves_no_session(string call, bool hangs)
    {
        using var stage = new StoreStage();
        var peer = stage.Server.Connect(static request => request with { SubProtocol = null, IsPlain = true });
        await stage.PassAsync(stage.Attached);
        var never = hangs ? stage.Hangs(call) : null;
        if (!hangs)
        {
            stage.Throws(call);
        }

        await peer.SendAsync("hello");
        if (call == "End")
        {
            await peer.NextMessageAsync();
            peer.Stream.Cut();
        }
        else
        {
            await stage.PassAsync(peer.Closed);
            Assert.Equal(CloseReason.StoreUnavailable.Cause, (await peer.Closed).Reason);
            await peer.CloseAsync();
        }

        await peer.EndedAsync();
        never?.SetResult();
        await stage.PassAsync(stage.ExpiredAsync());
    }

    [Theory]
    [InlineData("Stream")]
    [InlineData("BeginTry")]
    public async Task A_client_that_comes_back_while_the_store_still_hangs_is_told_so_again(string call)
    {
        using var stage = new StoreStage(streams: call == "Stream");
        var peer = await stage.ReadyAsync();
        var never = stage.Hangs(call);
        await peer.DataAsync(1, "1");
        await stage.Failed;
        for (var times = 1; times <= 3; times++)
        {
            await stage.PassAsync(peer.Closed);
            await peer.ExpectClosingAsync(CloseReason.StoreUnavailable, resumes: true);
            peer = await stage.Server.ReadyAsync(peer.Resume(received: 0));
        }

        never.SetResult();
        await stage.PassAsync(peer.UntilDoneAsync(1));
        Assert.Equal([1L], stage.Handled);
    }

    [Fact]
    public async Task A_turn_that_is_stopped_does_not_wait_for_a_store_that_hangs()
    {
        using var stage = new StoreStage(streams: true);
        var peer = await stage.ReadyAsync();
        var never = stage.Hangs("Stream");
        await peer.DataAsync(1, "1");
        await stage.Failed;
        await peer.StopAsync(1);
        Assert.Contains(await peer.UntilDoneAsync(1), static frame => frame.Type == FrameType.End && frame.Stopped);
        never.SetResult();
    }

    [Fact]
    public async Task A_message_whose_parts_the_store_does_not_take_is_never_given_up_as_the_handlers_failure()
    {
        using var stage = new StoreStage(streams: true, options: _patient with { TriesMax = 2, TryDelay = TimeSpan.FromSeconds(1) });
        var peer = await stage.ReadyAsync();
        var left = 5;
        stage.Log.Before = call => call == "Stream" && Interlocked.Decrement(ref left) >= 0 ? throw new IOException("The disk is full.") : Task.CompletedTask;
        await peer.DataAsync(1, "1");
        await stage.PassAsync(peer.Closed);
        await peer.ExpectClosingAsync(CloseReason.StoreUnavailable, resumes: true);
        do
        {
            peer = await stage.Server.ReadyAsync(peer.Resume(received: 0));
        }
        while (peer.Ready.Done == 0 && !await IsDoneAsync(stage, peer));
        Assert.Equal(6, stage.Handled.Count);
    }

    [Fact]
    public async Task A_store_that_does_not_say_whether_a_session_is_there_is_not_the_authoritys_fault()
    {
        using var stage = new StoreStage();
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Store.Finding = never.Task;
        var peer = await stage.Server.OpenAsync();
        await peer.HelloAsync(new ResumeRequest { Session = "s", Attempt = 2, Received = 0, Proof = "p" });
        await stage.PassAsync(peer.Closed);
        await peer.ExpectClosingAsync(CloseReason.StoreUnavailable, resumes: true);
        never.SetResult();
    }

    [Theory]
    [InlineData("BeginTry", false)]
    [InlineData("BeginTry", true)]
    [InlineData("Commit", false)]
    [InlineData("Commit", true)]
    [InlineData("ReleaseLease", false)]
    public async Task A_processors_call_that_fails_once_is_made_again_and_the_message_is_handled_once(string call, bool afterwards)
    {
        using var stage = new StoreStage();
        var peer = await stage.ReadyAsync();
        stage.Throws(call, afterwards);
        await peer.DataAsync(1, "1");
        await stage.PassAsync(peer.UntilDoneAsync(1));
        await stage.PassAsync(stage.Failed);
        await peer.DataAsync(2, "2");
        await stage.PassAsync(peer.UntilDoneAsync(2));
        Assert.Equal([1L, 2L], stage.Handled);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failed_try_that_the_store_did_not_take_is_withdrawn_when_it_is_asked_again(bool afterwards)
    {
        using var stage = new StoreStage(fails: true);
        var peer = await stage.ReadyAsync();
        stage.Throws("Fail", afterwards);
        await peer.DataAsync(1, "1");
        var reading = peer.UntilDoneAsync(1);
        await stage.PassAsync(reading);
        Assert.Equal("handler_failed", Assert.Single(await reading, static frame => frame.Type == FrameType.Nack).Cause);
        Assert.Equal(3, stage.Handled.Count);
    }

    [Theory]
    [InlineData("BeginTry")]
    [InlineData("Commit")]
    [InlineData("ReleaseLease")]
    public async Task A_processors_call_that_hangs_is_told_to_the_client_and_goes_on_when_it_is_answered(string call)
    {
        using var stage = new StoreStage();
        var peer = await stage.ReadyAsync();
        var never = stage.Hangs(call);
        await peer.DataAsync(1, "1");
        await stage.Failed;
        await stage.PassAsync(peer.Closed);
        await peer.ExpectClosingAsync(CloseReason.StoreUnavailable, resumes: true);
        never.SetResult();
        await stage.FinishAsync(peer);
        Assert.Equal([1L], stage.Handled);
    }

    [Fact]
    public async Task A_session_that_could_not_be_given_back_is_given_back_when_it_can()
    {
        using var stage = new StoreStage();
        var peer = await stage.ReadyAsync();
        stage.Throws("Detach");
        peer.Stream.Cut();
        await peer.EndedAsync();
        await stage.PassAsync(stage.Failed);
        await stage.Server.Log.WaitForAsync($"Connection {peer.Id}: the session store failed");
        var expired = stage.ExpiredAsync();
        await stage.PassAsync(expired);
    }

    [Fact]
    public async Task A_session_that_cannot_be_given_back_is_tried_ten_times_after_longer_and_longer_rests()
    {
        using var stage = new StoreStage();
        var peer = await stage.ReadyAsync();
        var at = new ConcurrentQueue<TimeSpan>();
        stage.Log.Before = call =>
        {
            if (call == "Detach")
            {
                at.Enqueue(TimeSpan.FromTicks(stage.Server.Server.Platform.Clock.Now));
                throw new IOException("The disk is full.");
            }

            return Task.CompletedTask;
        };
        peer.Stream.Cut();
        await peer.EndedAsync();
        await stage.PassAsync(UntilAsync(() => Failures() == 10));
        var times = at.ToArray();
        Assert.Equal(10, times.Length);
        for (var failures = 1; failures < times.Length; failures++)
        {
            Assert.True(times[failures] - times[failures - 1] >= StoreCalls.DelayAfter(failures), $"Asked again after {times[failures] - times[failures - 1]}.");
        }

        // The longest rest is over, too: nobody asks any more.
        stage.Server.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((10, 10), (at.Count, Failures()));

        int Failures() => stage.Server.Log.Lines.Count(line => line.Text == $"Connection {peer.Id}: the session store failed");
    }

    [Fact]
    public async Task A_store_that_does_not_even_take_that_it_is_late_is_named_in_the_log()
    {
        using var stage = new StoreStage();
        var peer = await stage.ReadyAsync();
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Log.Before = call => call switch
        {
            "BeginTry" => never.Task,
            "Revoke" => throw new IOException("The disk is full."),
            _ => Task.CompletedTask,
        };
        await peer.DataAsync(1, "1");
        await stage.PassAsync(stage.Server.Log.WaitForAsync("The session store has not answered a turn's processor for"));
        await stage.PassAsync(stage.Server.Log.WaitForAsync("The session store failed a turn's processor"));
        stage.Log.Before = static _ => Task.CompletedTask;
        never.SetResult();
    }

    [Fact]
    public async Task What_comes_in_plain_mode_behind_the_servers_close_is_not_stored()
    {
        using var stage = new StoreStage();
        var peer = stage.Server.Connect(static request => request with { SubProtocol = null, IsPlain = true });
        await stage.PassAsync(stage.Attached);
        await peer.SendAsync("first");
        await peer.NextMessageAsync();
        var stored = 0;
        stage.Log.Before = call =>
        {
            Interlocked.Add(ref stored, call == "Append" ? 1 : 0);
            return Task.CompletedTask;
        };
        await stage.Server.Server.Sessions.DisconnectAsync(SessionTarget.OfUser("test", "alice"), TestContext.Current.CancellationToken);
        await peer.Closed;
        await peer.SendAsync("late");
        await peer.CloseAsync();
        await peer.EndedAsync();
        Assert.Equal(0, stored);
    }

    [Fact]
    public async Task A_store_that_keeps_failing_is_left_alone_for_longer_each_time()
    {
        using var stage = new StoreStage();
        var peer = await stage.ReadyAsync();
        using var asked = new SemaphoreSlim(0);
        var at = new ConcurrentQueue<TimeSpan>();
        stage.Log.Before = call =>
        {
            if (call != "BeginTry")
            {
                return Task.CompletedTask;
            }

            at.Enqueue(TimeSpan.FromTicks(stage.Server.Server.Platform.Clock.Now));
            asked.Release();
            throw new IOException("The disk is full.");
        };
        await peer.DataAsync(1, "1");
        Assert.True(await asked.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken));
        int[] rests = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000];
        for (var failures = 1; failures <= rests.Length; failures++)
        {
            var rest = TimeSpan.FromMilliseconds(rests[failures - 1]);
            Assert.Equal(rest, StoreCalls.DelayAfter(failures));
            // The rest begins on another thread; to let its time pass before it has begun does no harm.
            do
            {
                stage.Server.Time.Advance(rest);
            }
            while (!await asked.WaitAsync(10, TestContext.Current.CancellationToken));
            var times = at.ToArray();
            Assert.Equal(failures + 1, times.Length);
            Assert.True(times[^1] - times[^2] >= rest, $"Asked again after {times[^1] - times[^2]} for {rest}.");
        }

        stage.Log.Before = static _ => Task.CompletedTask;
    }

    /// <summary>Whether a message is done before the connection closes. Each try that the store fails beyond the last says so again.</summary>
    private static async Task<bool> IsDoneAsync(StoreStage stage, TestPeer peer)
    {
        var reading = peer.UntilDoneAsync(1);
        try
        {
            await stage.PassAsync(reading);
            Assert.DoesNotContain(await reading, static frame => frame.Type == FrameType.Nack);
            return true;
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
            await peer.CloseAsync();
            await peer.EndedAsync();
            return false;
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(1);
        }
    }

    private static Task SayEverythingAsync(TestPeer peer) => peer.SendAsync(static writer =>
    {
        writer.WriteData(1, "m1", "1"u8);
        writer.WriteAck(0);
        writer.WriteStop(2);
        writer.Write(FrameType.Bye);
    });

    private sealed class StoreStage : IDisposable
    {
        private readonly List<long> _handled = [];
        private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public StoreStage(bool fails = false, bool streams = false, EndpointOptions? options = null) => Server = new TestServer(
            async (turn, _) =>
            {
                lock (_handled)
                {
                    _handled.Add(turn.Sequence);
                }

                if (streams)
                {
                    await turn.StreamRawAsync(turn.Message);
                }

                await turn.SendRawAsync(turn.Message);
                if (fails)
                {
                    throw new InvalidDataException("The handler does not like it.");
                }
            },
            options ?? _patient,
            wrapStore: store => Store = new HeldStore(store) { Wrap = log => Log = new FailingLog(log) })
        { Expects = [typeof(IOException), typeof(InvalidDataException), typeof(TimeoutException)] };

        public TestServer Server { get; }

        public HeldStore Store { get; private set; } = null!;

        public Task Attached => AttachedAsync().WaitAsync(TestServer.Patience);

        public FailingLog Log { get; private set; } = null!;

        /// <summary>When the call that throws or hangs was made.</summary>
        public Task Failed => _failed.Task.WaitAsync(TestServer.Patience);

        public IReadOnlyList<long> Handled
        {
            get
            {
                lock (_handled)
                {
                    return [.. _handled];
                }
            }
        }

        public Task<TestPeer> ReadyAsync() => Server.ReadyAsync();

        /// <summary>One call of this kind throws, once.</summary>
        public void Throws(string call, bool afterwards = false)
        {
            Task Throw(string made) => made == call && _failed.TrySetResult() ? throw new IOException("The disk is full.") : Task.CompletedTask;
            if (afterwards)
            {
                Log.After = Throw;
            }
            else
            {
                Log.Before = Throw;
            }
        }

        /// <summary>One call of this kind is not answered until the test says so.</summary>
        public TaskCompletionSource Hangs(string call)
        {
            var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Log.Before = made => made == call && _failed.TrySetResult() ? never.Task : Task.CompletedTask;
            return never;
        }

        /// <summary>Lets time pass until something has come.</summary>
        public async Task PassAsync(Task something)
        {
            while (!something.IsCompleted)
            {
                Server.Time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.WhenAny(something, Task.Delay(2));
            }

            await something;
        }

        /// <summary>The client comes back, sends its message again, and hears that it is done.</summary>
        public async Task FinishAsync(TestPeer before)
        {
            var peer = await Server.ReadyAsync(before.Resume(received: 0));
            Assert.Equal("resumed", peer.Ready.Resume);
            if (peer.Ready.Received == 0)
            {
                await peer.DataAsync(1, "1");
            }

            if (peer.Ready.Done == 0)
            {
                await peer.UntilDoneAsync(1);
            }

            Assert.Equal([1L], Handled);
        }

        private async Task AttachedAsync()
        {
            while (Log is null)
            {
                await Task.Delay(2);
            }
        }

        public async Task ExpiredAsync()
        {
            while (Server.Store.Count > 0)
            {
                await Task.Delay(2);
            }
        }

        public void Dispose() => Server.Dispose();
    }
}
