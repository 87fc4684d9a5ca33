using System.Collections.Immutable;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Sessions;

/// <summary>Every call to a store, at every time of a connection, fails in every way: the client hears whose fault it is, nobody falls silent, and nothing is lost.</summary>
public sealed class SessionStoreFaultsTests
{
    // Silent for less time than a store may take, so that a client which talks would be called silent; or for more, for the calls of nobody's reader.
    private static readonly EndpointOptions _options = new() { Timeouts = new LifecycleTimeouts { Idle = TimeSpan.FromSeconds(4), Pong = TimeSpan.FromHours(1) }, TryDelay = TimeSpan.Zero };

    /// <summary>When in a connection's life.</summary>
    public enum When
    {
        Idle,
        TurnRunning,
        Draining,
    }

    /// <summary>How a call fails.</summary>
    public enum Fault
    {
        ThrowsOnce,
        ThrowsAfterwards,
        ThrowsAlways,
        AnswersLate,
        Fenced,
    }

    private static readonly string[] _attachments = ["Append", "Acknowledge", "Stop", "EndInput"];
    private static readonly string[] _shared = ["TryLease", "After", "Positions", "Announce"];
    private static readonly string[] _processors = ["BeginTry", "Stream", "Commit", "Fail", "ReleaseLease"];

    public static TheoryData<string, When, Fault> Rows()
    {
        var rows = new TheoryData<string, When, Fault>();
        foreach (var when in Enum.GetValues<When>())
        {
            foreach (var fault in Enum.GetValues<Fault>())
            {
                foreach (var call in _attachments.Concat(_shared).Concat(_processors).Where(call => IsPossible(call, fault)))
                {
                    rows.Add(call, when, fault);
                }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_call_that_fails_is_told_as_what_it_is_and_the_message_is_handled(string call, When when, Fault fault)
    {
        using var stage = new Stage(streams: call == "Stream", fails: call == "Fail");
        var peer = await stage.Server.ReadyAsync();
        var next = 1;
        if (when != When.Idle)
        {
            await peer.DataAsync(next++, "1");
            await stage.PassAsync(stage.Handling);
        }

        var drained = Task.CompletedTask;
        if (when == When.Draining)
        {
            drained = stage.Server.Server.DrainAsync(TimeSpan.FromHours(1), TimeSpan.Zero);
            await stage.PassUntilAsync(peer, FrameType.Drain);
        }

        var healed = stage.Break(call, fault);
        switch (call)
        {
            case "Acknowledge":
                await peer.AckAsync(0);
                break;
            case "Stop":
                await peer.StopAsync(next);
                break;
            case "EndInput":
                await peer.ByeAsync();
                break;
            case "Append" or "TryLease" or "BeginTry" or "Positions" or "After":
                await peer.DataAsync(next++, "2");
                break;
            default:
                if (when == When.Idle)
                {
                    await peer.DataAsync(next++, "1");
                }

                break;
        }

        if (call is not ("Append" or "Acknowledge" or "Stop" or "EndInput"))
        {
            stage.Release();
        }

        if (ExpectedEnd(call, when, fault) is { } reason)
        {
            await stage.PassAsync(peer.Closed);
            // Time does not pass any more for a reader that still waits.
            healed();
            await peer.ExpectClosingAsync(reason, resumes: true);
            if (reason == CloseReason.Bye)
            {
                return;
            }
        }
        else
        {
            await stage.PassAsync(stage.Failed);
        }

        healed();
        stage.Release();
        await stage.FinishAsync(peer, ExpectedEnd(call, when, fault) is not null, call == "EndInput" ? 1 : next - 1);
        Assert.DoesNotContain(stage.Server.Log.Lines, static line => line.Text.Contains("no_pong", StringComparison.Ordinal) || line.Text.Contains("A bug in", StringComparison.Ordinal));
    }

    /// <summary>What is told of whom: an attachment's call closes at once; a processor's is made again, and told when it stays away for as long as an attach may take.</summary>
    private static CloseReason? ExpectedEnd(string call, When when, Fault fault) => fault switch
    {
        Fault.Fenced => CloseReason.Superseded,
        // The bye was heard, and nothing is under way.
        Fault.ThrowsAfterwards when call == "EndInput" && when == When.Idle => CloseReason.Bye,
        _ when _attachments.Contains(call) || call is "After" or "Positions" or "Announce" => CloseReason.StoreUnavailable,
        // While a turn runs the lease is taken, and whoever asks for it is told that; who asks is the reader.
        _ when call == "TryLease" => CloseReason.StoreUnavailable,
        Fault.ThrowsOnce or Fault.ThrowsAfterwards => null,
        _ => CloseReason.StoreUnavailable,
    };

    private static bool IsPossible(string call, Fault fault) => (call, fault) switch
    {
        (_, Fault.Fenced) => _attachments.Contains(call),
        // They answer at once, or throw.
        ("After" or "Positions" or "Announce", _) => fault is Fault.ThrowsOnce or Fault.ThrowsAlways,
        // If it throws, the lease was not taken.
        ("TryLease", Fault.ThrowsAfterwards) => false,
        _ => true,
    };

    private sealed class Stage : IDisposable
    {
        private readonly TaskCompletionSource _handling = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private FailingLog _log = null!;
        private ImmutableHashSet<long> _handled = [];
        private int _tries;

        public Stage(bool streams, bool fails) => Server = new TestServer(
            async (turn, stop) =>
            {
                ImmutableInterlocked.Update(ref _handled, handled => handled.Add(turn.Sequence));
                _handling.TrySetResult();
                await _release.Task.WaitAsync(stop);
                if (streams)
                {
                    await turn.StreamRawAsync(turn.Message);
                }

                await turn.SendRawAsync(turn.Message);
                if (fails && Interlocked.Increment(ref _tries) == 1)
                {
                    throw new InvalidDataException("The handler does not like it the first time.");
                }
            },
            _options,
            wrapStore: store => new HeldStore(store) { Wrap = log => _log = new FailingLog(log) })
        { Expects = [typeof(IOException), typeof(InvalidDataException), typeof(TimeoutException)] };

        public TestServer Server { get; }

        public Task Handling => _handling.Task.WaitAsync(TestServer.Patience);

        /// <summary>When the call was made that fails.</summary>
        public Task Failed => _failed.Task.WaitAsync(TestServer.Patience);

        public void Release() => _release.TrySetResult();

        /// <returns>What makes the store good again.</returns>
        public Action Break(string call, Fault fault)
        {
            var log = _log;
            var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var isBroken = true;
            Task Throw(string made) => made == call && (_failed.TrySetResult() || (fault == Fault.ThrowsAlways && Volatile.Read(ref isBroken))) ? throw new IOException("The disk is full.") : Task.CompletedTask;
            switch (fault)
            {
                case Fault.Fenced:
                    log.Fenced = call;
                    break;
                case Fault.AnswersLate:
                    log.Before = made => made == call && _failed.TrySetResult() ? never.Task : Task.CompletedTask;
                    break;
                case Fault.ThrowsAfterwards:
                    log.After = Throw;
                    break;
                default:
                    log.Before = Throw;
                    break;
            }

            return () =>
            {
                Volatile.Write(ref isBroken, false);
                never.TrySetResult();
            };
        }

        /// <summary>Lets time pass until something has come.</summary>
        public async Task PassAsync(Task something)
        {
            while (!something.IsCompleted)
            {
                Server.Time.Advance(TimeSpan.FromMilliseconds(500));
                await Task.WhenAny(something, Task.Delay(2));
            }

            await something;
        }

        public async Task PassUntilAsync(TestPeer peer, FrameType type)
        {
            Frame frame;
            do
            {
                var reading = peer.NextAsync();
                await PassAsync(reading);
                frame = await reading;
            }
            while (frame.Type != type);
        }

        /// <summary>The client hears that everything is done, on its next connection if it lost this one.</summary>
        public async Task FinishAsync(TestPeer peer, bool isClosed, long last)
        {
            if (isClosed && Server.Server.IsDraining)
            {
                // It would be sent to another process.
                return;
            }

            var isDone = false;
            while (!isDone)
            {
                if (isClosed)
                {
                    var resuming = Server.ReadyAsync(peer.Resume(received: 0));
                    await PassAsync(resuming);
                    peer = await resuming;
                    Assert.Equal("resumed", peer.Ready.Resume);
                    for (var s = peer.Ready.Received + 1; s <= last; s++)
                    {
                        await peer.DataAsync(s, $"{s}");
                    }

                    last = Math.Max(last, peer.Ready.Received);
                }

                try
                {
                    isDone = isClosed && peer.Ready.Done >= last;
                    if (!isDone)
                    {
                        var reading = peer.UntilDoneAsync(last);
                        await PassAsync(reading);
                        Assert.DoesNotContain(await reading, static frame => frame.Type == FrameType.Nack);
                        isDone = true;
                    }
                }
                catch (System.Threading.Channels.ChannelClosedException)
                {
                    // What was asked before the store was good again says so once more.
                    Assert.Equal(CloseReason.StoreUnavailable.Cause, (await peer.Closed).Reason);
                    isClosed = true;
                }
            }

            Assert.Equal(Enumerable.Range(1, (int)last).Select(static s => (long)s), _handled.Order());
        }

        public void Dispose() => Server.Dispose();
    }
}
