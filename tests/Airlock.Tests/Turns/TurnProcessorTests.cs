using System.Collections.Concurrent;
using System.Text;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Turns;

public sealed class TurnProcessorTests
{
    private static readonly EndpointOptions _noDelay = new() { TryDelay = TimeSpan.Zero };

    private static string Line(Frame f) => f.Type switch
    {
        FrameType.Data => $"data {f.Re}/{f.Try}{(f.Provisional ? " p" : "")} {TestPeer.TextOf(f)}",
        FrameType.End => $"end {f.Re}/{f.Try}{(f.Stopped ? " stopped" : "")}",
        FrameType.Void => $"void {f.Re}/{f.Try}",
        FrameType.Nack => $"nack {f.Re} {f.Cause}{(f.Status is null ? "" : " " + f.Status)}",
        _ => f.Type.ToString(),
    };

    private static async Task<string[]> LinesAsync(TestPeer peer, long done) =>
        [.. (await peer.UntilDoneAsync(done)).Where(f => f.Type != FrameType.Ack).Select(Line)];

    [Fact]
    public async Task Streamed_parts_come_at_once_and_the_commit_ends_them()
    {
        var go = new TaskCompletionSource();
        using var server = new TestServer(async (turn, _) =>
        {
            await turn.StreamAsync("a");
            await go.Task;
            await turn.SendAsync("c");
            await turn.StreamAsync("b");
        });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        Assert.Equal("data 1/1 p \"a\"", Line(await peer.AfterAcksAsync(FrameType.Data)));
        go.SetResult();
        Assert.Equal(["data 1/1 p \"b\"", "data 1/1 \"c\"", "end 1/1"], await LinesAsync(peer, 1));
    }

    [Fact]
    public async Task A_try_that_fails_is_withdrawn_and_repeated_and_the_last_gives_up()
    {
        using var server = new TestServer(
            async (turn, _) =>
            {
                await turn.StreamAsync(turn.Try);
                if (turn.Sequence == 1 || turn.Try == 1)
                {
                    throw new InvalidOperationException("broken");
                }
            },
            _noDelay)
        { Expects = [typeof(InvalidOperationException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        Assert.Equal(["data 1/1 p 1", "void 1/1", "data 1/2 p 2", "void 1/2", "data 1/3 p 3", "void 1/3", "nack 1 handler_failed"], await LinesAsync(peer, 1));
        await peer.DataAsync(2, "2");
        Assert.Equal(["data 2/1 p 1", "void 2/1", "data 2/2 p 2", "end 2/2"], await LinesAsync(peer, 2));
    }

    [Theory]
    [InlineData("returns")]
    [InlineData("fails")]
    [InlineData("is stopped")]
    [InlineData("is interrupted")]
    public async Task A_turn_that_is_over_takes_nothing_more_however_it_ended(string how)
    {
        var given = new TaskCompletionSource<Turn>(TaskCreationOptions.RunContinuationsAsynchronously);
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = new TestServer(
            async (turn, stop) =>
            {
                given.TrySetResult(turn);
                switch (how)
                {
                    case "returns":
                        return;
                    case "fails":
                        throw new InvalidDataException("broken");
                    default:
                        await Task.Delay(Timeout.Infinite, stop);
                        break;
                }
            },
            new EndpointOptions { TriesMax = 1 },
            wrapStore: store => new HeldStore(store)
            {
                Wrap = log => new FailingLog(log)
                {
                    Before = call =>
                    {
                        if (call == "Fail")
                        {
                            failed.TrySetResult();
                        }

                        return Task.CompletedTask;
                    },
                },
            })
        { Expects = [typeof(InvalidDataException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        var turn = await given.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        if (how == "is interrupted")
        {
            server.Server.StopTurns();
            // Only the store is told of it.
            await failed.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        }
        else
        {
            if (how == "is stopped")
            {
                await peer.StopAsync(1);
            }

            await peer.UntilDoneAsync(1);
        }

        foreach (var call in new Func<ValueTask>[] { () => turn.SendAsync(1), () => turn.StreamAsync(1), () => turn.SendRawAsync("1"u8.ToArray()), () => turn.StreamRawAsync("1"u8.ToArray()) })
        {
            Assert.Contains("Use Sessions to send from elsewhere", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await call())).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_wait_before_the_next_try_doubles()
    {
        var tries = new ConcurrentQueue<int>();
        var tried = new SemaphoreSlim(0);
        using var server = new TestServer((turn, _) =>
        {
            tries.Enqueue(turn.Try);
            tried.Release();
            throw new InvalidOperationException("thrown before the first await");
        })
        { Expects = [typeof(InvalidOperationException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        Assert.True(await tried.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken));
        await server.Log.WaitForAsync("on try 1 of 3");
        await peer.SendAsync(w => w.Write(FrameType.Pong));
        await AdvanceUntilAsync(server, tried, TimeSpan.FromMilliseconds(100));
        await AdvanceUntilAsync(server, tried, TimeSpan.FromMilliseconds(200));
        Assert.Equal(["nack 1 handler_failed"], await LinesAsync(peer, 1));
        Assert.Equal([1, 2, 3], tries);
    }

    /// <summary>The wait is entered on another thread after the failure; advancing again does no harm, since only this wait runs.</summary>
    private static async Task AdvanceUntilAsync(TestServer server, SemaphoreSlim happened, TimeSpan step)
    {
        do
        {
            server.Time.Advance(step);
        }
        while (!await happened.WaitAsync(10, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_stop_ends_the_running_turn_and_keeps_what_was_streamed()
    {
        using var server = new TestServer(async (turn, stop) =>
        {
            await turn.StreamAsync("part");
            await turn.SendAsync("staged");
            await Task.Delay(Timeout.Infinite, stop);
        });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.AfterAcksAsync(FrameType.Data);
        await peer.StopAsync(1);
        await peer.StopAsync(1);
        Assert.Equal(["end 1/1 stopped"], await LinesAsync(peer, 1));
        // For one that is done, or was never stored, it does nothing.
        await peer.StopAsync(1);
        await peer.StopAsync(7);
        await peer.DataAsync(2, "2");
        Assert.Equal("data 2/1 p \"part\"", Line(await peer.AfterAcksAsync(FrameType.Data)));
    }

    [Fact]
    public async Task A_stop_of_a_queued_message_keeps_its_handler_from_running()
    {
        var go = new TaskCompletionSource();
        var handled = new ConcurrentQueue<long>();
        using var server = new TestServer(async (turn, _) =>
        {
            handled.Enqueue(turn.Sequence);
            await go.Task;
        });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.DataAsync(2, "2");
        await peer.StopAsync(2);
        await peer.DataAsync(3, "3");
        Assert.Equal((3L, 0L), await StoredAsync(peer, 3));
        go.SetResult();
        Assert.Equal(["end 2/1 stopped"], await LinesAsync(peer, 3));
        Assert.Equal([1, 3], handled);
    }

    private static async Task<(long Acked, long Done)> StoredAsync(TestPeer peer, long stored)
    {
        Frame frame;
        do
        {
            frame = await peer.NextAsync(FrameType.Ack);
        }
        while (frame.Acked < stored);
        return (frame.Acked!.Value, frame.Done!.Value);
    }

    [Fact]
    public async Task A_handler_that_ignores_the_stop_commits_as_usual()
    {
        var stopped = new TaskCompletionSource();
        using var server = new TestServer(async (turn, stop) =>
        {
            using var registration = stop.Register(stopped.SetResult);
            await turn.StreamAsync("part");
            await stopped.Task;
            await turn.SendAsync("reply");
        });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.AfterAcksAsync(FrameType.Data);
        await peer.StopAsync(1);
        Assert.Equal(["data 1/1 \"reply\"", "end 1/1 stopped"], await LinesAsync(peer, 1));
    }

    [Fact]
    public async Task A_handler_that_throws_or_blocks_when_it_is_stopped_holds_up_nobody_else()
    {
        var block = new ManualResetEventSlim();
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = new TestServer(async (turn, stop) =>
        {
            if (turn.Sequence == 1)
            {
                // Before the part, which the client answers with the stop: a callback for what is cancelled already would throw here, in the handler.
                stop.Register(() => throw new InvalidOperationException("in a callback"));
                stop.Register(() => block.Wait(TestServer.Patience));
            }

            await turn.StreamAsync("part");
            if (turn.Sequence == 1)
            {
                await left.Task;
                stop.ThrowIfCancellationRequested();
            }
        })
        { Expects = [typeof(AggregateException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.AfterAcksAsync(FrameType.Data);
        // The reader goes on although the callback blocks: a repeat is acknowledged again.
        await peer.StopAsync(1);
        await peer.DataAsync(1, "1");
        Assert.Equal(1, (await peer.NextAsync(FrameType.Ack)).Acked);
        block.Set();
        left.SetResult();
        Assert.Equal(["end 1/1 stopped"], await LinesAsync(peer, 1));
        await server.Log.WaitForAsync("What waits for a cancellation threw");
    }

    [Fact]
    public async Task A_stop_ends_the_wait_for_the_next_try()
    {
        using var server = new TestServer(static (_, _) => throw new InvalidOperationException("broken"), new EndpointOptions { TryDelay = TimeSpan.FromMinutes(1) }) { Expects = [typeof(InvalidOperationException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await server.Log.WaitForAsync("on try 1 of 3");
        await peer.StopAsync(1);
        Assert.Equal(["end 1/2 stopped"], await LinesAsync(peer, 1));
    }

    [Fact]
    public async Task A_turn_that_the_store_fences_is_stopped_and_nobody_calls_it_a_failure_of_its_handler()
    {
        FailingLog? log = null;
        using var server = new TestServer(static async (turn, _) => await turn.StreamAsync("part"), wrapStore: store => new HeldStore(store) { Wrap = inner => log = new FailingLog(inner) });
        var peer = await server.ReadyAsync();
        // As when the session ends, and the word to stop comes after that.
        log!.Fenced = "Stream";
        await peer.DataAsync(1, "1");
        Assert.Equal(["end 1/1 stopped"], await LinesAsync(peer, 1));
    }

    [Fact]
    public async Task A_turn_is_of_no_use_after_its_end()
    {
        var turns = new ConcurrentQueue<Turn>();
        using var server = new TestServer((turn, _) =>
        {
            turns.Enqueue(turn);
            return Task.CompletedTask;
        });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.UntilDoneAsync(1);
        Assert.True(turns.TryDequeue(out var turn));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await turn.StreamAsync(1));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await turn.SendAsync(1));
    }

    [Fact]
    public async Task Parts_streamed_at_once_from_many_threads_all_arrive()
    {
        using var server = new TestServer(static async (turn, _) => await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () => await turn.StreamAsync(i)))));
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        var lines = await LinesAsync(peer, 1);
        Assert.Equal("end 1/1", lines[^1]);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"data 1/1 p {i}").Order(), lines[..^1].Order());
    }

    [Fact]
    public async Task A_turn_that_stages_too_much_fails()
    {
        using var server = new TestServer(static async (turn, _) => await turn.SendAsync(new string('x', 2000)), _noDelay with { StagedBytesMax = 1024, TriesMax = 1 }) { Expects = [typeof(InvalidOperationException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        Assert.Equal(["nack 1 handler_failed"], await LinesAsync(peer, 1));
        Assert.Contains("may stage 1024 bytes; raise StagedBytesMax or stream the parts", server.Log.Lines.First(static line => line.Exception is InvalidOperationException).Exception!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_mode_sends_text_of_any_kind_and_nothing_else()
    {
        var refused = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var server = new TestServer(async (turn, _) =>
        {
            foreach (var raw in new[] { new byte[] { 0xFF }, "not JSON"u8.ToArray() })
            {
                try
                {
                    await turn.SendRawAsync(raw);
                }
                catch (ArgumentException wrong)
                {
                    refused.Enqueue(wrong.Message);
                }
            }
        });
        var peer = server.Connect(static request => request with { SubProtocol = null, IsPlain = true });
        await peer.SendAsync("hello");
        Assert.Equal("not JSON", Encoding.UTF8.GetString(await peer.NextMessageAsync()));
        Assert.Contains("UTF-8", Assert.Single(refused), StringComparison.Ordinal);
        await peer.CloseAsync();
        await peer.EndedAsync();
    }

    [Fact]
    public async Task A_turn_stages_up_to_the_last_byte_in_all_its_parts()
    {
        // With the quotes 1,024 bytes, and one more.
        using var server = new TestServer(
            static async (turn, _) =>
            {
                await turn.SendAsync(new string('x', 500));
                await turn.SendAsync(new string('x', turn.Sequence == 1 ? 520 : 521));
            },
            _noDelay with { StagedBytesMax = 1024, TriesMax = 1 })
        { Expects = [typeof(InvalidOperationException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        Assert.Equal(2, (await LinesAsync(peer, 1)).Length);
        await peer.DataAsync(2, "2");
        Assert.Equal(["nack 2 handler_failed"], await LinesAsync(peer, 2));
    }

    [Fact]
    public async Task A_full_outbox_pauses_the_turn_until_the_client_acknowledges()
    {
        var streamed = 0;
        using var server = new TestServer(
            async (turn, _) =>
            {
                for (; streamed < 9; streamed++)
                {
                    await turn.StreamAsync(streamed);
                }

                await turn.SendAsync("reply");
            },
            new EndpointOptions { Session = new SessionLimits { OutboxEntriesMax = 3 } });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        for (var s = 1; s <= 9; s += 3)
        {
            for (var i = 0; i < 3; i++)
            {
                await peer.AfterAcksAsync(FrameType.Data);
            }

            // The push is refused: nothing but what always fits is admitted now.
            Assert.Equal(new PushOutcome(0, 1), await server.Server.Sessions.SendAsync(SessionTarget.OfSession(peer.Ready.Session), "push", TestContext.Current.CancellationToken));
            Assert.InRange(Volatile.Read(ref streamed), s + 1, s + 2);
            await peer.AckAsync(s + 2);
        }

        Assert.Equal(["data 1/1 \"reply\"", "end 1/1"], await LinesAsync(peer, 1));
    }

    [Fact]
    public async Task A_turn_goes_on_while_the_client_is_away_and_is_replayed()
    {
        var go = new TaskCompletionSource();
        var isStopped = new ConcurrentQueue<bool>();
        using var server = new TestServer(async (turn, stop) =>
        {
            await turn.StreamAsync("before");
            await go.Task;
            isStopped.Enqueue(stop.IsCancellationRequested);
            await turn.StreamAsync("after");
        });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.AfterAcksAsync(FrameType.Data);
        peer.Stream.Cut();
        await peer.EndedAsync();
        var next = await server.ReadyAsync(peer.Resume(received: 1));
        Assert.Equal((1L, 0L, 1L, "transport_lost"), (next.Ready.Received, next.Ready.Done, next.Ready.ReplayTo, next.Ready.Previous!.Cause));
        go.SetResult();
        Assert.Equal(["data 1/1 p \"after\"", "end 1/1"], await LinesAsync(next, 1));
        Assert.Equal([false], isStopped);
    }

    [Fact]
    public async Task Bye_delivers_what_was_accepted_and_then_closes()
    {
        using var server = new TestServer(static async (turn, _) =>
        {
            await Task.Yield();
            await turn.SendRawAsync(turn.Message);
        });
        var peer = await server.ReadyAsync();
        await peer.SendAsync(writer =>
        {
            for (var s = 1; s <= 10; s++)
            {
                writer.WriteData(s, $"m{s}", Encoding.UTF8.GetBytes($"{s}"));
            }

            writer.Write(FrameType.Bye);
        });
        var rest = await peer.UntilDoneAsync(10);
        Assert.False(peer.Closed.IsCompleted);
        // The session ends with the last acknowledgement, not before: what is on its way could be lost to a cut.
        await peer.AckAsync(9);
        await peer.AckAsync(10);
        Assert.Equal((1000, "bye"), await peer.Closed);
        rest.AddRange(await peer.RestAsync());
        Assert.Equal(Enumerable.Range(1, 10).Select(s => $"{s}"), rest.Where(f => f.Type == FrameType.Data).Select(TestPeer.TextOf));
        Assert.Equal(FrameType.Closing, rest[^1].Type);
        Assert.Equal(10, rest.Last(f => f.Done is not null).Done);
        await peer.CloseAsync();
        await peer.EndedAsync();
        server.AssertNothingLeft();
        Assert.Equal(0, server.Store.Count);
    }

    /// <summary>The reply may come before the bye behind its message was read, and a cut then takes the bye along: a test that cuts waits until the session has it.</summary>
    private static TestServer ServerThatTellsOfBye(TaskCompletionSource said) => new(wrapStore: store => new HeldStore(store)
    {
        Wrap = log => new FailingLog(log)
        {
            After = call =>
            {
                if (call == "EndInput")
                {
                    said.TrySetResult();
                }

                return Task.CompletedTask;
            },
        },
    });

    [Fact]
    public async Task A_cut_after_bye_loses_no_reply_and_bye_is_said_again()
    {
        var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = ServerThatTellsOfBye(said);
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.ByeAsync();
        await peer.UntilDoneAsync(1);
        await said.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        peer.Stream.Cut();
        await peer.EndedAsync();

        var next = await server.ReadyAsync(peer.Resume(received: 0));
        Assert.Equal("resumed", next.Ready.Resume);
        Assert.Equal("1", TestPeer.TextOf(await next.AfterAcksAsync(FrameType.Data)));
        // What it repeats is acknowledged again; it said that nothing new comes.
        await next.DataAsync(1, "1");
        Assert.Equal(1, (await next.NextAsync(FrameType.Ack)).Acked);
        await next.ByeAsync();
        await next.ByeAsync();
        await next.AckAsync(1);
        await next.ExpectClosingAsync(CloseReason.Bye, resumes: true);
        Assert.Equal(0, server.Store.Count);
    }

    [Fact]
    public async Task A_new_message_after_bye_is_out_of_phase_also_on_the_next_connection()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.ByeAsync();
        await peer.UntilDoneAsync(1);
        await peer.DataAsync(2, "2");
        await peer.ExpectClosingAsync(CloseReason.FrameOutOfPhase, resumes: true);
        var next = await server.ReadyAsync(peer.Resume(received: 0));
        await next.AfterAcksAsync(FrameType.Data);
        await next.DataAsync(2, "2");
        await next.ExpectClosingAsync(CloseReason.FrameOutOfPhase, resumes: true);
        Assert.Equal(1, server.Store.Count);
    }

    [Fact]
    public async Task A_resume_after_bye_that_has_everything_gets_a_new_session_and_nothing_is_lost()
    {
        var said = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = ServerThatTellsOfBye(said);
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.ByeAsync();
        await peer.UntilDoneAsync(1);
        await said.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        peer.Stream.Cut();
        await peer.EndedAsync();
        var next = await server.ReadyAsync(peer.Resume(received: 1));
        Assert.Equal(("new", 0), (next.Ready.Resume, next.Ready.Lost!.Count));
        await next.ByeAsync();
        await next.ExpectClosingAsync(CloseReason.Bye, resumes: true);
        Assert.Equal(0, server.Store.Count);
    }

    [Fact]
    public async Task Bye_tells_that_the_last_message_is_done()
    {
        using var server = new TestServer(static (_, _) => Task.CompletedTask);
        var peer = await server.ReadyAsync();
        await peer.SendAsync(static writer =>
        {
            writer.WriteData(1, "m1", "1"u8);
            writer.Write(FrameType.Bye);
        });
        Assert.Equal((1000, "bye"), await peer.Closed);
        Assert.Equal(1, (await peer.RestAsync()).Last(static frame => frame.Done is not null).Done);
        await peer.CloseAsync();
        await peer.EndedAsync();
    }

    [Fact]
    public async Task Stopping_the_server_fails_the_try_and_keeps_the_message()
    {
        using var server = new TestServer(async (turn, stop) =>
        {
            await turn.StreamAsync("part");
            await Task.Delay(Timeout.Infinite, stop);
        });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.AfterAcksAsync(FrameType.Data);
        server.Server.StopTurns();
        Assert.Equal("void 1/1", Line(await peer.AfterAcksAsync(FrameType.Void)));
        peer.Stream.Cut();
        await peer.EndedAsync();
        Assert.Equal(0, (await server.ReadyAsync(peer.Resume(received: 2))).Ready.Done);
    }

    [Fact]
    public async Task A_handler_that_blocks_from_its_first_line_hears_of_the_server_stopping_too()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var heard = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = new TestServer((_, stop) =>
        {
            entered.SetResult();
            heard.SetResult(stop.WaitHandle.WaitOne(TestServer.Patience));
            stop.ThrowIfCancellationRequested();
            return Task.CompletedTask;
        });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await entered.Task;
        server.Server.StopTurns();
        Assert.True(await heard.Task);
        peer.Stream.Cut();
        await peer.EndedAsync();
        Assert.Equal(0, (await server.ReadyAsync(peer.Resume(received: 0))).Ready.Done);
    }

    [Fact]
    public async Task Plain_mode_sends_raw_text_when_the_turn_commits()
    {
        using var server = new TestServer(static async (turn, _) =>
        {
            await turn.StreamAsync($"1:{Encoding.UTF8.GetString(turn.Message.Span)}");
            await turn.SendAsync("2");
        });
        var peer = server.Connect(r => r with { IsPlain = true, SubProtocol = null });
        await peer.SendAsync("hello");
        await peer.SendAsync("");
        foreach (var expected in new[] { "1:hello", "2", "1:", "2" })
        {
            Assert.Equal(expected, Encoding.UTF8.GetString(await peer.NextMessageAsync()));
        }

        Assert.Equal(1, server.Store.Count);
        peer.Stream.Cut();
        await peer.EndedAsync();
        server.AssertNothingLeft();
        Assert.Equal(0, server.Store.Count);
    }
}
