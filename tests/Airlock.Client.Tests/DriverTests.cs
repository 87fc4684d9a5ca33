using System.Net.WebSockets;
using Airlock.Client.Tests.Reference;
using Airlock.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Client.Tests;

/// <summary>Nothing of a client stands behind the application's code, and nothing that nobody expected goes silent.</summary>
public sealed class DriverTests : IDisposable
{
    private static readonly Uri _nowhere = new("ws://127.0.0.1:1/chat");

    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _end = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Lets what still blocks go on, so that it keeps no thread of the tests that follow.</summary>
    public void Dispose() => _end.Set();

    [Fact]
    public async Task Dispose_waits_for_the_servers_close_by_the_clients_clock_and_no_longer()
    {
        var time = new FakeTimeProvider();
        var deaf = new DeafSocket(_end);
        var client = new AirlockClient(_nowhere, new AirlockClientOptions { TimeProvider = time, WebSocketFactory = (_, _) => Task.FromResult<WebSocket>(deaf) });
        client.Start();
        await deaf.Entered.Task.WaitAsync(Patience.Max, Cancellation);
        var disposed = client.DisposeAsync().AsTask();
        // The session is over at once; only the transport waits for its peer.
        await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation));
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(disposed.IsCompleted);
        using var patience = new CancellationTokenSource(Patience.Max);
        while (!disposed.IsCompleted)
        {
            // The close is asked for on another thread, and its five seconds begin then.
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(10, patience.Token);
        }

        await disposed;
    }

    [Fact]
    public async Task A_connection_that_is_left_while_it_is_made_has_an_end_that_is_told()
    {
        // Many times: it is a race between the end and the last word.
        for (var i = 0; i < 50; i++)
        {
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var ended = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
            var client = new AirlockClient(_nowhere, new AirlockClientOptions
            {
                WebSocketFactory = (_, _) =>
                {
                    asked.TrySetResult();
                    return NeverAsync<WebSocket>();
                },
            });
            client.StateChanged += change =>
            {
                if (change.State is ConnectionState.Closed or ConnectionState.Failed)
                {
                    ended.TrySetResult(change);
                }
            };
            client.Start();
            await asked.Task.WaitAsync(Patience.Max, Cancellation);
            await client.DisposeAsync();
            Assert.Equal("client_closed", (await ended.Task.WaitAsync(Patience.Max, Cancellation)).Cause);
        }
    }

    [Theory]
    [InlineData("token that is never given")]
    [InlineData("token whose callback blocks")]
    [InlineData("token whose callback disposes")]
    [InlineData("token whose callback blocks on dispose")]
    [InlineData("ticket that is never given")]
    [InlineData("cancellation that blocks")]
    [InlineData("cancellation that throws")]
    [InlineData("configuration that blocks")]
    [InlineData("request that is never answered")]
    [InlineData("factory that never answers")]
    [InlineData("factory that blocks")]
    [InlineData("factory of a deaf socket")]
    [InlineData("handler that blocks")]
    [InlineData("handler that blocks on dispose")]
    [InlineData("handler that throws")]
    [InlineData("logger that blocks")]
    [InlineData("logger that throws")]
    public async Task Dispose_waits_for_no_code_of_the_application(string what)
    {
        AirlockClient? client = null;
        var deaf = new DeafSocket(_end);
        using var invoker = new HttpMessageInvoker(new DeafHandler(_entered));
        var options = new AirlockClientOptions();
        Action<ConnectionChange>? handler = null;
        switch (what)
        {
            case "token that is never given":
                options.Token = _ => new ValueTask<string?>(NeverAsync<string?>());
                break;
            case "token whose callback blocks":
                options.Token = _ => Block<ValueTask<string?>>();
                break;
            case "token whose callback disposes":
                options.Token = async _ =>
                {
                    await client!.DisposeAsync();
                    _entered.TrySetResult();
                    return "t";
                };
                break;
            case "token whose callback blocks on dispose":
                options.Token = _ =>
                {
                    DisposeBlocking(client!);
                    return new ValueTask<string?>("t");
                };
                break;
            case "ticket that is never given":
                options.Ticket = _ => new ValueTask<string?>(NeverAsync<string?>());
                break;
            case "cancellation that blocks":
                options.Token = request =>
                {
                    request.Cancellation.Register(() => Block<int>());
                    return new ValueTask<string?>(NeverAsync<string?>());
                };
                break;
            case "cancellation that throws":
                options.Token = request =>
                {
                    request.Cancellation.Register(static () => throw new InvalidOperationException("no"));
                    return new ValueTask<string?>(NeverAsync<string?>());
                };
                break;
            case "configuration that blocks":
                options.ConfigureWebSocket = _ => Block<int>();
                break;
            case "request that is never answered":
                options.HttpInvoker = invoker;
                break;
            case "factory that never answers":
                options.WebSocketFactory = (_, _) => NeverAsync<WebSocket>();
                break;
            case "factory that blocks":
                options.WebSocketFactory = (_, _) => Block<Task<WebSocket>>();
                break;
            case "factory of a deaf socket":
                options.WebSocketFactory = (_, _) => Task.FromResult<WebSocket>(deaf);
                options.CloseTimeout = TimeSpan.FromMilliseconds(1);
                _ = deaf.Entered.Task.ContinueWith(_ => _entered.TrySetResult(), Cancellation, TaskContinuationOptions.None, TaskScheduler.Default);
                break;
            case "handler that blocks":
                handler = _ => Block<int>();
                break;
            case "handler that blocks on dispose":
                handler = _ => DisposeBlocking(client!);
                break;
            case "handler that throws":
                handler = _ =>
                {
                    _entered.TrySetResult();
                    throw new InvalidOperationException("no");
                };
                break;
            default:
                options.Logger = new ForeignLogger(() =>
                {
                    if (what == "logger that blocks")
                    {
                        Block<int>();
                    }

                    _entered.TrySetResult();
                    throw new InvalidOperationException("no");
                });
                break;
        }

        client = new AirlockClient(_nowhere, options);
        client.StateChanged += handler;
        var receipt = client.Send(1);
        client.Start();
        await _entered.Task.WaitAsync(Patience.Max, Cancellation);
        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);
        Assert.Equal("client_closed", (await Assert.ThrowsAsync<AirlockClosedException>(() => receipt.Done)).Cause);
        Assert.Equal("client_closed", (await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready)).Cause);
        // Once more, when everything is over.
        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);
    }

    [Fact]
    public async Task Dispose_waits_for_no_token_of_a_refresh()
    {
        await using var server = await ReferenceServer.StartAsync();
        var asked = 0;
        var client = new AirlockClient(server.Address, new AirlockClientOptions { Token = _ => Interlocked.Increment(ref asked) == 1 ? new("t") : Block<ValueTask<string?>>() });
        client.Start();
        await client.Ready.WaitAsync(Patience.Max, Cancellation);
        server.Connections.Single().Write(static writer => writer.Write(new RefreshFrame { By = DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds() }));
        await _entered.Task.WaitAsync(Patience.Max, Cancellation);
        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);
        Assert.Equal(4900, await server.Connections.Single().ClosedWith.WaitAsync(Patience.Max, Cancellation));
    }

    [Fact]
    public async Task Handler_that_throws_silences_neither_the_others_nor_what_follows()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new AirlockClient(_nowhere);
        client.StateChanged += static _ => throw new InvalidOperationException("no");
        client.StateChanged += change =>
        {
            if (change.Cause == "transport_lost")
            {
                ended.TrySetResult();
            }
        };
        client.Start();
        await ended.Task.WaitAsync(Patience.Max, Cancellation);
    }

    [Fact]
    public async Task Callback_that_never_answers_is_named_given_up_and_not_asked_without_end()
    {
        var time = new FakeTimeProvider();
        var ended = System.Threading.Channels.Channel.CreateUnbounded<ConnectionChange>();
        var cancelled = new List<CancellationToken>();
        await using var client = new AirlockClient(_nowhere, new AirlockClientOptions
        {
            TimeProvider = time,
            Jitter = static () => 0,
            Token = request =>
            {
                lock (cancelled)
                {
                    cancelled.Add(request);
                }

                return new ValueTask<string?>(NeverAsync<string?>());
            },
        });
        client.StateChanged += change =>
        {
            if (change.Cause is not null)
            {
                ended.Writer.TryWrite(change);
            }
        };
        client.Start();
        for (var attempt = 1; attempt <= 12; attempt++)
        {
            ConnectionChange? change = null;
            while (change?.RetryIn is null)
            {
                if (attempt <= 8)
                {
                    // Not before the call is there: the time stands still while the pool gets to it.
                    await UntilAsync(() => Count() >= attempt);
                    time.Advance(TimeSpan.FromSeconds(30));
                }

                change = await ended.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Patience.Max, Cancellation);
            }

            Assert.Equal("credentials_unavailable", change.Cause);
            time.Advance(change.RetryIn.Value);
        }

        Assert.Equal(8, Count());
        await UntilAsync(() => cancelled.TrueForAll(static token => token.IsCancellationRequested));

        int Count()
        {
            lock (cancelled)
            {
                return cancelled.Count;
            }
        }
    }

    [Fact]
    public async Task Leaving_a_client_that_never_started_is_over_at_once()
    {
        var client = new AirlockClient(_nowhere);
        var receipt = client.Send(1);
        await client.LeaveAsync(Cancellation).WaitAsync(Patience.Max, Cancellation);
        Assert.Equal("client_closed", (await Assert.ThrowsAsync<AirlockClosedException>(() => receipt.Done)).Cause);
        client.Start();
        Assert.Equal(ConnectionState.Connecting, client.State);
        await foreach (var message in client.MessagesAsync(Cancellation))
        {
            Assert.Fail($"{message.Kind} came.");
        }

        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);
    }

    [Fact]
    public async Task Leaving_inside_the_loop_and_without_a_loop_ends_the_session()
    {
        await using var server = await ReferenceServer.StartAsync();
        // Who finishes with nothing for so long does not read.
        var options = new AirlockClientOptions { CloseTimeout = TimeSpan.FromMilliseconds(300) };
        await using (var reading = new AirlockClient(server.Address, options))
        {
            reading.Start();
            reading.Send("a");
            await foreach (var message in reading.MessagesAsync(Cancellation))
            {
                await reading.LeaveAsync(Cancellation).WaitAsync(Patience.Max, Cancellation);
                Assert.Equal(MessageKind.Data, message.Kind);
                break;
            }
        }

        await using var deaf = new AirlockClient(server.Address, options);
        deaf.Start();
        var receipt = deaf.Send("b");
        await receipt.Done.WaitAsync(Patience.Max, Cancellation);
        await deaf.LeaveAsync(Cancellation).WaitAsync(Patience.Max, Cancellation);
        var kinds = new List<MessageKind>();
        await foreach (var message in deaf.MessagesAsync(Cancellation))
        {
            kinds.Add(message.Kind);
        }

        // What had been acknowledged unread is still given.
        Assert.Equal([MessageKind.Data, MessageKind.Data, MessageKind.Data, MessageKind.End], kinds);
    }

    [Fact]
    public async Task Clock_that_makes_no_timer_for_the_closing_handshake_hangs_no_dispose()
    {
        await using var server = await ReferenceServer.StartAsync();
        var time = new StubbornTime();
        var options = new AirlockClientOptions { TimeProvider = time };
        var client = new AirlockClient(server.Address, options);
        // The client has its own copy.
        options.TimeProvider = null!;
        client.Start();
        await client.Ready.WaitAsync(Patience.Max, Cancellation);
        time.IsOut = true;
        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);
    }

    [Fact]
    public async Task Exception_that_nobody_expected_ends_the_client_with_a_cause()
    {
        var bug = new InvalidOperationException("a bug");
        var client = new AirlockClient(_nowhere, new AirlockClientOptions { Jitter = () => throw bug });
        var receipt = client.Send(1);
        client.Start();
        var reading = ReadAsync();
        foreach (var waiting in new[] { client.Ready, receipt.Done, reading, client.LeaveAsync(Cancellation) })
        {
            var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => waiting.WaitAsync(Patience.Max, Cancellation));
            Assert.Equal(("client_failed", 4904), (closed.Cause, closed.Code));
            Assert.Same(bug, closed.InnerException);
        }

        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);

        async Task ReadAsync()
        {
            await foreach (var message in client.MessagesAsync(Cancellation))
            {
                Assert.Fail($"{message.Kind} came.");
            }
        }
    }

    [Fact]
    public async Task Clock_that_makes_no_timer_for_the_closing_handshake_hangs_no_dispose_where_the_peer_is_deaf()
    {
        var time = new StubbornTime();
        var deaf = new DeafSocket(_end);
        var client = new AirlockClient(_nowhere, new AirlockClientOptions { TimeProvider = time, WebSocketFactory = (_, _) => Task.FromResult<WebSocket>(deaf) });
        client.Start();
        await deaf.Entered.Task.WaitAsync(Patience.Max, Cancellation);
        time.IsOut = true;
        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);
    }

    [Fact]
    public async Task Credentials_that_were_stripped_on_the_way_are_logged_by_their_carrier()
    {
        await using var server = await ReferenceServer.StartAsync();
        server.Refuse = static context =>
        {
            context.Request.Headers.Authorization = default;
            return false;
        };
        var log = new TestLogger();
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { Logger = log, Token = static _ => new("t"), CredentialsIn = CredentialCarrier.AuthorizationHeader });
        client.Start();
        await client.Ready.WaitAsync(Patience.Max, Cancellation);
        var line = $"Warning: Connection 1 ({server.Connections.Single().Id}): credentials were stripped on the way: authorization.";
        await UntilAsync(() => log.Lines.Any(text => text.Contains(line, StringComparison.Ordinal)));
        Assert.Equal("t", server.Connections.Single().Hello!.Auth!.Token);
    }

    [Fact]
    public async Task Clock_that_breaks_leaves_nobody_waiting_and_no_connection_open()
    {
        await using var server = await ReferenceServer.StartAsync();
        var time = new StubbornTime();
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Script = async (socket, end) =>
        {
            await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(Conversation.Open), WebSocketMessageType.Text, true, end);
            var buffer = new byte[4096];
            await socket.ReceiveAsync(buffer, end);
            time.IsBroken = true;
            await socket.SendAsync("""{"t":"ping"}"""u8.ToArray(), WebSocketMessageType.Text, true, end);
            try
            {
                while ((await socket.ReceiveAsync(buffer, end)).MessageType != WebSocketMessageType.Close)
                {
                    // It has nothing to say.
                }
            }
            catch (Exception lost) when (lost is WebSocketException or OperationCanceledException)
            {
                // Whichever the host notices first: that nothing more can be read, or that the request is aborted.
                gone.SetResult();
            }
        };
        var client = new AirlockClient(server.Address, new AirlockClientOptions { TimeProvider = time });
        var receipt = client.Send(1);
        client.Start();
        Assert.Equal("client_failed", (await Assert.ThrowsAsync<AirlockClosedException>(() => receipt.Done.WaitAsync(Patience.Max, Cancellation))).Cause);
        Assert.Equal("client_failed", (await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation))).Cause);
        await gone.Task.WaitAsync(Patience.Max, Cancellation);
        time.IsBroken = false;
        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);
    }

    [Fact]
    public async Task A_WebSocket_that_comes_when_nobody_waits_for_it_any_more_is_cut_and_disposed()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var made = new TaskCompletionSource<WebSocket>(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = new AirlockClient(_nowhere, new AirlockClientOptions
        {
            WebSocketFactory = (_, _) =>
            {
                asked.TrySetResult();
                return made.Task;
            },
        });
        client.Start();
        await asked.Task.WaitAsync(Patience.Max, Cancellation);
        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);
        using var ends = new MemoryStream();
        var socket = WebSocket.CreateFromStream(ends, new WebSocketCreationOptions { SubProtocol = Protocol.Name });
        made.SetResult(socket);
        await UntilAsync(() => socket.State == WebSocketState.Aborted && !ends.CanRead);
    }

    [Fact]
    public async Task What_happens_is_logged_once_with_what_is_known_of_it()
    {
        await using var server = await ReferenceServer.StartAsync();
        // However often the time is moved, it is no silence.
        server.Idle = 24 * 60 * 60 * 1000;
        var (log, time) = (new TestLogger(), new FakeTimeProvider());
        // For the connection, then none, then a failure, then a new one.
        var tokens = new Queue<Func<string?>>([static () => "t", static () => "", static () => throw new TimeZoneNotFoundException("no zone"), static () => "fresh"]);
        var client = new AirlockClient(server.Address, new AirlockClientOptions { Logger = log, TimeProvider = time, Token = _ => new(tokens.Dequeue()()) });
        client.StateChanged += static change =>
        {
            if (change.State == ConnectionState.ProcessingReady)
            {
                throw new InvalidOperationException("no");
            }
        };
        client.Start();
        await client.Ready.WaitAsync(Patience.Max, Cancellation);
        var connection = server.Connections.Single();
        connection.Write(static writer => writer.Write(new RefreshFrame { By = 1 }));
        for (var n = 1; n <= 2; n++)
        {
            await UntilAsync(() => Count("Warning: No token could be had for a refresh.") == n);
            Assert.Equal(n - 1, Count("no zone"));
            // The next try is set before or soon after that was said.
            await UntilAsync(() => tokens.Count < 3 - n || Advance());
        }

        await UntilAsync(() => connection.Frames.Any(static frame => frame.Type == FrameType.Refresh));
        await client.DisposeAsync();
        await UntilAsync(() => Count("Information: The client has stopped: client_closed.") == 1);
        foreach (var state in new[] { ConnectionState.Connecting, ConnectionState.Accepted, ConnectionState.Authenticated, ConnectionState.ServicesReady, ConnectionState.ProcessingReady })
        {
            Assert.Equal(1, Count($"Debug: Connection 1 ({(state == ConnectionState.Connecting ? "(null)" : connection.Id)}) is {state}."));
        }

        Assert.Equal(1, Count("Error: A handler of StateChanged threw."));
        Assert.Equal(2, Count("No token could be had"));
        Assert.Equal(1, Count("is Closing: client_closed (4900)"));

        int Count(string text) => log.Lines.Count(line => line.Contains(text, StringComparison.Ordinal));

        bool Advance()
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return false;
        }
    }

    [Fact]
    public async Task An_end_for_another_reason_than_the_applications_is_logged_as_a_warning_with_its_cause()
    {
        var log = new TestLogger();
        await using var client = new AirlockClient(_nowhere, new AirlockClientOptions { Logger = log, WebSocketFactory = static (_, _) => throw new NotSupportedException("no such thing") });
        client.Start();
        await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation));
        await UntilAsync(() => log.Lines.Any(static line => line.Contains("Warning: The client has stopped: configuration_invalid (1006).", StringComparison.Ordinal) && line.Contains("no such thing", StringComparison.Ordinal)));
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        end.CancelAfter(Patience.Max);
        while (!isSo())
        {
            await Task.Delay(1, end.Token);
        }
    }

    private Task<T> NeverAsync<T>()
    {
        _entered.TrySetResult();
        return new TaskCompletionSource<T>().Task;
    }

    private T Block<T>()
    {
        _entered.TrySetResult();
        _end.Wait(Cancellation);
        return default!;
    }

    private void DisposeBlocking(AirlockClient client)
    {
#pragma warning disable VSTHRD002 // What an application should not do, and does.
        client.DisposeAsync().AsTask().Wait(Cancellation);
#pragma warning restore VSTHRD002
        _entered.TrySetResult();
    }

    private sealed class DeafHandler(TaskCompletionSource entered) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            entered.TrySetResult();
            return new TaskCompletionSource<HttpResponseMessage>().Task;
        }
    }

    private sealed class StubbornTime : TimeProvider
    {
        public bool IsOut { get; set; }

        public bool IsBroken { get; set; }

        public override long GetTimestamp() => IsBroken ? throw new InvalidOperationException("no") : base.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            IsOut ? throw new InvalidOperationException("no") : base.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class ForeignLogger(Action log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => log();
    }
}
