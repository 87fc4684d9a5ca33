using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Airlock.Client.Tests.Reference;
using Airlock.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Client.Tests;

/// <summary>The whole client over real sockets.</summary>
public class AirlockClientTests
{
    private static readonly TimeSpan _patience = Patience.Max;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_walks_to_ready_sends_and_hears_the_answer()
    {
        await using var server = await ReferenceServer.StartAsync();
        await using var client = new AirlockClient(server.Address);
        var receipt = client.Send(new { text = "hello" });
        client.Start();
        await client.Ready.WaitAsync(_patience, Cancellation);
        Assert.Equal(MessageOutcome.Finished, await receipt.Done.WaitAsync(_patience, Cancellation));

        var kinds = new List<(MessageKind, bool, string?)>();
        await foreach (var message in client.MessagesAsync(Cancellation))
        {
            kinds.Add((message.Kind, message.Provisional, message.Re));
            if (message.Kind == MessageKind.Data)
            {
                Assert.Equal("hello", message.As<JsonElement>().GetProperty("text").GetString());
            }

            if (message.Kind == MessageKind.End)
            {
                break;
            }
        }

        Assert.Equal([(MessageKind.Data, true, receipt.Id), (MessageKind.Data, true, receipt.Id), (MessageKind.Data, false, receipt.Id), (MessageKind.End, false, receipt.Id)], kinds);
        Assert.Equal(ConnectionState.ProcessingReady, client.State);
        await client.LeaveAsync(Cancellation).WaitAsync(_patience, Cancellation);
        Assert.Equal(ConnectionState.Closed, client.State);
        Assert.Equal("bye", Assert.Throws<AirlockClosedException>(() => client.Send(1)).Cause);
    }

    [Fact]
    public async Task Loop_that_was_left_goes_on_with_the_next_message()
    {
        await using var server = await ReferenceServer.StartAsync();
        await using var client = new AirlockClient(server.Address);
        client.Start();
        await client.Ready.WaitAsync(_patience, Cancellation);
        var session = server.Sessions.Values.Single();
        session.Push("1");
        session.Push("2");
        Assert.Equal(1, (await NextAsync(client)).As<int>());
        Assert.Equal(2, (await NextAsync(client)).As<int>());

        // A loop that is given up while it waits takes nothing along.
        using var impatient = new CancellationTokenSource();
        var waiting = NextUntilAsync(client, impatient.Token);
        Assert.Contains("one reader at a time", (await Assert.ThrowsAsync<InvalidOperationException>(() => NextAsync(client))).Message, StringComparison.Ordinal);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        session.Push("3");
        Assert.Equal(3, (await NextAsync(client)).As<int>());
    }

    [Fact]
    public async Task Drained_client_moves_without_a_gap()
    {
        await using var server = await ReferenceServer.StartAsync();
        // Told beside the client: also while its end is looked at.
        var changes = new System.Collections.Concurrent.ConcurrentQueue<ConnectionChange>();
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { CloseTimeout = TimeSpan.FromMinutes(5) });
        client.StateChanged += changes.Enqueue;
        client.Start();
        await client.Ready.WaitAsync(_patience, Cancellation);
        for (var i = 0; i < 5; i++)
        {
            var old = server.Connections.Last();
            old.Drain(100, TimeSpan.FromMinutes(1));
            Assert.Equal(MessageOutcome.Finished, await client.Send(i).Done.WaitAsync(_patience, Cancellation));
            // The server's word that the old one is superseded may come before the new one's ready; then the client only answers.
            Assert.Contains(await old.ClosedWith.WaitAsync(_patience, Cancellation), new[] { 4901, 1000 });
        }

        var session = Assert.Single(server.Sessions).Value;
        Assert.Equal(["0", "1", "2", "3", "4"], session.Handled.Select(static message => Encoding.UTF8.GetString(message.Payload.Span)));
        await client.DisposeAsync();
        Assert.Equal(6, server.Connections.Count);
        Assert.All(changes.Where(static change => change.Cause is not null), static change => Assert.Contains(change.Cause, new[] { "client_replaced", "superseded", "client_closed" }));
    }

    [Fact]
    public async Task Token_is_refreshed_in_band_when_the_server_asks()
    {
        await using var server = await ReferenceServer.StartAsync();
        var asked = new List<string?>();
        server.Authenticate = token =>
        {
            asked.Add(token);
            return new AuthedFrame { User = "ann", Hold = new HoldCredit { Messages = 1, Bytes = 1 } };
        };
        var tokens = 0;
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { Token = _ => ValueTask.FromResult<string?>($"token-{++tokens}") });
        client.Start();
        await client.Ready.WaitAsync(_patience, Cancellation);
        var connection = server.Connections.Single();
        connection.Write(static writer => writer.Write(new RefreshFrame { By = DateTimeOffset.UtcNow.AddMinutes(1).ToUnixTimeMilliseconds() }));
        while (connection.Frames.All(static frame => frame.Type != FrameType.Refresh))
        {
            await client.Send(1).Done.WaitAsync(_patience, Cancellation);
        }

        Assert.Equal(["token-1", "token-2"], asked);
        Assert.Single(server.Connections);
    }

    [Fact]
    public async Task Stop_ends_the_handling_and_the_receipt_tells()
    {
        await using var server = await ReferenceServer.StartAsync();
        server.Handle = static (session, message) =>
        {
            if (message.StopAsked)
            {
                session.Core.Commit(message.Sequence, session.Core.BeginTry(), [], stopped: true);
            }
        };
        await using var client = new AirlockClient(server.Address);
        client.Start();
        var receipt = client.Send("long");
        client.Stop(receipt);
        Assert.Equal(MessageOutcome.Stopped, await receipt.Done.WaitAsync(_patience, Cancellation));
        client.Stop(receipt);
    }

    [Fact]
    public async Task Refused_message_faults_its_receipt_and_the_session_goes_on()
    {
        await using var server = await ReferenceServer.StartAsync();
        server.Handle = static (session, message) =>
        {
            if (message.Id == "bad")
            {
                session.Core.Nack("handler_failed");
            }
            else
            {
                session.Echo(message);
            }
        };
        await using var client = new AirlockClient(server.Address);
        client.Start();
        var (bad, good) = (client.Send(1, "bad"), client.Send(2, "good"));
        var refused = await Assert.ThrowsAsync<AirlockRefusedException>(() => bad.Done.WaitAsync(_patience, Cancellation));
        Assert.Equal(("bad", "handler_failed"), (refused.Id, refused.Cause));
        Assert.Equal(MessageOutcome.Finished, await good.Done.WaitAsync(_patience, Cancellation));
    }

    [Theory]
    [InlineData(CredentialCarrier.Hello, null)]
    [InlineData(CredentialCarrier.AuthorizationHeader, "authorization")]
    [InlineData(CredentialCarrier.SubProtocol, "subprotocol")]
    [InlineData(CredentialCarrier.Query, "ticket")]
    public async Task Credentials_travel_where_they_are_told_to_and_never_into_the_log(CredentialCarrier carrier, string? arrives)
    {
        const string secret = "eyJ.sec-ret_.x";
        await using var server = await ReferenceServer.StartAsync();
        var log = new TestLogger();
        var options = new AirlockClientOptions { CredentialsIn = carrier, Logger = log };
        if (carrier == CredentialCarrier.Query)
        {
            options.Ticket = static _ => ValueTask.FromResult<string?>(secret);
        }
        else
        {
            options.Token = static _ => ValueTask.FromResult<string?>(secret);
        }

        await using (var client = new AirlockClient(server.Address, options))
        {
            client.Start();
            await client.Ready.WaitAsync(_patience, Cancellation);
        }

        var connection = Assert.Single(server.Connections);
        Assert.Equal(arrives is null ? [] : [arrives], connection.Carriers);
        Assert.Equal(arrives is null ? [] : [arrives], connection.Hello!.Sent);
        Assert.Equal(arrives is null, connection.Hello.Auth is not null);
        // Nobody waits for a logger: its lines may come after the dispose.
        using var patience = new CancellationTokenSource(_patience);
        while (!log.Lines.Any(static line => line.Contains("client_closed", StringComparison.Ordinal)))
        {
            await Task.Delay(10, patience.Token);
        }

        Assert.DoesNotContain(log.Lines, static line => line.Contains(secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(429, "address_limit", "3", "address_limit", 3000)]
    [InlineData(503, "draining", "2", "draining", 2000)]
    [InlineData(503, null, "2", "http_503", 2000)]
    [InlineData(502, null, null, "http_502", 250)]
    public async Task Refusal_before_the_upgrade_is_named_and_its_hint_kept(int status, string? named, string? retryAfter, string cause, int delay)
    {
        await using var server = await ReferenceServer.StartAsync();
        var refusing = true;
        server.Refuse = context =>
        {
            context.Response.StatusCode = refusing ? status : context.Response.StatusCode;
            if (named is not null)
            {
                context.Response.Headers["Airlock-Cause"] = named;
            }

            if (retryAfter is not null)
            {
                context.Response.Headers.RetryAfter = retryAfter;
            }

            return refusing;
        };
        var time = new FakeTimeProvider();
        var refused = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { TimeProvider = time, Jitter = static () => 0 });
        client.StateChanged += change =>
        {
            if (change.RetryIn is not null)
            {
                refused.TrySetResult(change);
            }
        };
        client.Start();
        var change = await refused.Task.WaitAsync(_patience, Cancellation);
        Assert.Equal((cause, (double)delay), (change.Cause, change.RetryIn!.Value.TotalMilliseconds));
        refusing = false;
        time.Advance(TimeSpan.FromMilliseconds(delay));
        await client.Ready.WaitAsync(_patience, Cancellation);
    }

    [Theory]
    [InlineData(401, null, "http_401", 1006)]
    [InlineData(403, "origin_refused", "origin_refused", 4027)]
    [InlineData(403, null, "http_403", 1006)]
    [InlineData(404, null, "http_404", 1006)]
    [InlineData(426, "upgrade_required", "upgrade_required", 1006)]
    public async Task Refusal_for_good_stops_the_client(int status, string? named, string cause, int code)
    {
        await using var server = await ReferenceServer.StartAsync();
        server.Refuse = context =>
        {
            context.Response.StatusCode = status;
            if (named is not null)
            {
                context.Response.Headers["Airlock-Cause"] = named;
            }

            return true;
        };
        await using var client = new AirlockClient(server.Address);
        var receipt = client.Send(1);
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(_patience, Cancellation));
        Assert.Equal((cause, code, status), (closed.Cause, closed.Code, closed.HttpStatus));
        await Assert.ThrowsAsync<AirlockClosedException>(() => receipt.Done.WaitAsync(_patience, Cancellation));
        await Assert.ThrowsAsync<AirlockClosedException>(() => NextAsync(client));
        await Assert.ThrowsAsync<AirlockClosedException>(() => client.LeaveAsync(Cancellation).WaitAsync(_patience, Cancellation));
    }

    [Fact]
    public async Task Bad_request_again_and_again_stops_the_client()
    {
        await using var server = await ReferenceServer.StartAsync();
        var requests = 0;
        server.Refuse = context =>
        {
            requests++;
            context.Response.StatusCode = 400;
            return true;
        };
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { TimeProvider = new FastTime(50), ConnectTimeout = TimeSpan.FromMinutes(30) });
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(_patience, Cancellation));
        Assert.Equal(("http_400", 1006, 400), (closed.Cause, closed.Code, closed.HttpStatus));
        Assert.Null(closed.Reason);
        Assert.Equal(4, requests);
    }

    [Theory]
    [InlineData("binary")]
    [InlineData("oversize")]
    [InlineData("text")]
    [InlineData("flood")]
    public async Task Hostile_server_is_left_and_never_dialed_again(string what)
    {
        await using var server = await ReferenceServer.StartAsync();
        var closedWith = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var dials = 0;
        server.Script = async (socket, gone) =>
        {
            dials++;
            var (type, bytes) = what switch
            {
                "binary" => (WebSocketMessageType.Binary, Encoding.UTF8.GetBytes(Conversation.Open)),
                "oversize" => (WebSocketMessageType.Text, Encoding.UTF8.GetBytes(Conversation.Open + new string(' ', WireLimits.ServerMessageBytesMax))),
                "flood" => (WebSocketMessageType.Text, Encoding.UTF8.GetBytes($"[{Conversation.Open},{Conversation.Authed},{Conversation.Ready()}]")),
                _ => (WebSocketMessageType.Text, "hello"u8.ToArray()),
            };
            await socket.SendAsync(bytes, type, true, gone);
            try
            {
                var payload = new string('x', 1_000_000);
                for (var s = 1; what == "flood" && s < 100; s++)
                {
                    await socket.SendAsync(Encoding.UTF8.GetBytes($$"""{"t":"data","s":{{s}},"b":"{{payload}}"}"""), type, true, gone);
                }

                var buffer = new byte[65_536];
                while ((await socket.ReceiveAsync(buffer, gone)).MessageType != WebSocketMessageType.Close)
                {
                    // What it still says is of no interest.
                }

                closedWith.TrySetResult((int)socket.CloseStatus!);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", gone);
            }
            catch (Exception lost) when (lost is WebSocketException or OperationCanceledException or IOException)
            {
                closedWith.TrySetResult(1006);
            }
        };
        // However long the server takes to read the close behind all that it sends.
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { UnhandledBytesMax = 2 << 20, CloseTimeout = TimeSpan.FromMinutes(5) });
        var receipt = client.Send(1);
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => receipt.Done.WaitAsync(_patience, Cancellation));
        Assert.Equal(("server_violation", 4902), (closed.Cause, closed.Code));
        Assert.Equal(4902, await closedWith.Task.WaitAsync(_patience, Cancellation));
        Assert.Equal(1, dials);
    }

    [Fact]
    public async Task What_the_websocket_refuses_again_and_again_stops_the_client()
    {
        await using var server = await ReferenceServer.StartAsync();
        var dials = 0;
        server.Script = async (socket, gone) =>
        {
            Interlocked.Increment(ref dials);
            // Not UTF-8: the WebSocket layer answers that by itself (RFC 6455 §8.1), and tells no more than that something was wrong.
            await socket.SendAsync(new byte[] { 0x22, 0xFF, 0xFE, 0x22 }, WebSocketMessageType.Text, true, gone);
            try
            {
                await socket.ReceiveAsync(new byte[64], gone);
            }
            catch (Exception lost) when (lost is WebSocketException or OperationCanceledException or IOException)
            {
                // The reset that follows may overtake its close frame.
            }
        };
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { TimeProvider = new FastTime(50), ConnectTimeout = TimeSpan.FromMinutes(30) });
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(_patience, Cancellation));
        Assert.Equal(("server_violation", 4902), (closed.Cause, closed.Code));
        Assert.Equal(4, dials);
    }

    [Fact]
    public async Task Server_that_speaks_another_protocol_is_not_an_airlock()
    {
        await using var server = await ReferenceServer.StartAsync();
        server.SubProtocol = null;
        await using var client = new AirlockClient(server.Address);
        client.Start();
        Assert.Equal("server_violation", (await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(_patience, Cancellation))).Cause);
    }

    [Fact]
    public async Task Sub_protocol_stripped_on_the_way_stops_a_client_that_names_an_origin()
    {
        await using var server = await ReferenceServer.StartAsync();
        var origins = new List<string?>();
        server.Refuse = context =>
        {
            // What is between them takes the sub-protocol off the request and out of the answer.
            origins.Add(context.Request.Headers.Origin);
            context.Request.Headers.Remove("Sec-WebSocket-Protocol");
            return false;
        };
        server.SubProtocol = null;
        // As the server does for a request with an origin, which a browser could not tell from others.
        server.Script = static (socket, gone) => socket.SendAsync(
            Encoding.UTF8.GetBytes("""{"t":"closing","code":4030,"cause":"protocol_unsupported","retry":"never","retryAfter":null,"resumable":false,"message":""}"""), WebSocketMessageType.Text, true, gone);
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { ConfigureWebSocket = static socket => socket.SetRequestHeader("Origin", "https://app.example") });
        var receipt = client.Send(1);
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => receipt.Done.WaitAsync(_patience, Cancellation));
        Assert.Equal(("server_violation", 4902), (closed.Cause, closed.Code));
        Assert.Equal("https://app.example", Assert.Single(origins));
    }

    [Fact]
    public async Task Failing_token_callback_is_asked_again()
    {
        await using var server = await ReferenceServer.StartAsync();
        var calls = 0;
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions
        {
            TimeProvider = new FastTime(20),
            Token = _ => ++calls < 3 ? throw new InvalidOperationException("no network") : ValueTask.FromResult<string?>("t"),
        });
        var causes = new List<string?>();
        client.StateChanged += change => causes.Add(change.Cause);
        client.Start();
        await client.Ready.WaitAsync(_patience, Cancellation);
        Assert.Equal(2, causes.Count(static cause => cause == "credentials_unavailable"));
    }

    [Fact]
    public async Task Disposed_client_leaves_its_session_to_the_next_process()
    {
        await using var server = await ReferenceServer.StartAsync();
        AirlockClientState state;
        await using (var first = new AirlockClient(server.Address))
        {
            first.Start();
            await first.Ready.WaitAsync(_patience, Cancellation);
            var session = server.Sessions.Values.Single();
            session.Push("1");
            Assert.Equal(1, (await NextAsync(first)).As<int>());
            await first.DisposeAsync();
            Assert.Equal(4900, await server.Connections.Single().ClosedWith.WaitAsync(_patience, Cancellation));
            session.Push("2");
            state = first.Export();
            Assert.DoesNotContain(state.Session!, state.ToString(), StringComparison.Ordinal);
        }

        await using var second = new AirlockClient(server.Address, new AirlockClientOptions { State = JsonSerializer.Deserialize<AirlockClientState>(JsonSerializer.Serialize(state)) });
        second.Start();
        Assert.Equal(2, (await NextAsync(second)).As<int>());
        Assert.Single(server.Sessions);
        Assert.Throws<ArgumentException>(() => new AirlockClient(server.Address, new AirlockClientOptions { State = state with { Received = -1 } }));
        // The highest attempt is repeated: nothing is higher (spec/wire.md §3).
        await using var highest = new AirlockClient(server.Address, new AirlockClientOptions { State = state with { Attempt = (1L << 53) - 1 } });
        Assert.Equal((1L << 53) - 1, highest.Export().Attempt);
    }

    [Fact]
    public async Task Messages_sent_before_the_process_ended_are_handled_by_the_next()
    {
        await using var server = await ReferenceServer.StartAsync();
        AirlockClientState state;
        await using (var first = new AirlockClient(server.Address))
        {
            first.Send("unsent", "m-1");
            state = first.Export();
        }

        await using var second = new AirlockClient(server.Address, new AirlockClientOptions { State = state });
        var receipt = Assert.Single(second.Restored);
        second.Start();
        Assert.Equal(MessageOutcome.Finished, await receipt.Done.WaitAsync(_patience, Cancellation));
        Assert.Equal("m-1", Assert.Single(server.Sessions.Values.Single().Handled).Id);
    }

    [Fact]
    public async Task Disposing_faults_what_is_unfinished_and_ends_the_loop()
    {
        var client = new AirlockClient(new Uri("ws://127.0.0.1:1/"));
        var receipt = client.Send(1);
        client.Start();
        var reading = NextAsync(client);
        await client.DisposeAsync().AsTask().WaitAsync(_patience, Cancellation);
        Assert.Equal("client_closed", (await Assert.ThrowsAsync<AirlockClosedException>(() => receipt.Done)).Cause);
        await Assert.ThrowsAsync<InvalidOperationException>(() => reading.WaitAsync(_patience, Cancellation));
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Context_of_the_caller_is_never_used_for_the_clients_work()
    {
        await using var server = await ReferenceServer.StartAsync();
        var context = new CountingContext();
        SynchronizationContext.SetSynchronizationContext(context);
        AirlockClient client;
        Receipt receipt;
        try
        {
            client = new AirlockClient(server.Address, new AirlockClientOptions { Token = _ => ValueTask.FromResult(SynchronizationContext.Current is null ? "free" : null) });
            client.Start();
            receipt = client.Send(1);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }

        await receipt.Done.WaitAsync(_patience, Cancellation);
        Assert.Equal("free", server.Connections.Single().Hello!.Auth!.Token);
        await client.DisposeAsync();
        Assert.Equal(0, context.Posts);
    }

    [Fact]
    public async Task Client_works_over_http_2()
    {
        await using var server = await ReferenceServer.StartAsync(HttpProtocols.Http2);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions
        {
            HttpInvoker = invoker,
            ConfigureWebSocket = static socket =>
            {
                socket.HttpVersion = HttpVersion.Version20;
                socket.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            },
        });
        client.Start();
        Assert.Equal(MessageOutcome.Finished, await client.Send(1).Done.WaitAsync(_patience, Cancellation));
    }

    [Fact]
    public void Wrong_options_and_payloads_are_refused_at_once()
    {
        var address = new Uri("ws://localhost/chat");
        Assert.Throws<ArgumentException>(() => new AirlockClient(new Uri("ftp://localhost")));
        Assert.Contains("give it whole", Assert.Throws<ArgumentException>(() => new AirlockClient(new Uri("/chat", UriKind.Relative))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new AirlockClient(address, new AirlockClientOptions { Token = Give, Ticket = Give }));
        Assert.Throws<ArgumentException>(() => new AirlockClient(address, new AirlockClientOptions { Token = Give, CredentialsIn = CredentialCarrier.Query }));
        Assert.Throws<ArgumentException>(() => new AirlockClient(address, new AirlockClientOptions { Ticket = Give, CredentialsIn = CredentialCarrier.SubProtocol }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AirlockClient(address, new AirlockClientOptions { UnfinishedMax = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AirlockClient(address, new AirlockClientOptions { ConnectTimeout = Timeout.InfiniteTimeSpan }));

        var client = new AirlockClient(address);
        foreach (var payload in new[] { "", "{", "1 2", "{}{}", "\"\xD8", "// c\n1", new string('[', 63) + new string(']', 63) })
        {
            Assert.Throws<ArgumentException>(() => client.SendJson(Encoding.Latin1.GetBytes(payload)));
        }

        client.SendJson(Encoding.UTF8.GetBytes(new string('[', 62) + new string(']', 62)));
        foreach (var id in new[] { "", "a b", " ", "\u007f", "é", new string('x', 65) })
        {
            Assert.Contains("1 to 64 characters from ! to ~", Assert.Throws<ArgumentException>(nameof(id), () => client.Send(1, id)).Message, StringComparison.Ordinal);
        }

        foreach (var id in new[] { "!", "~", new string('x', 64) })
        {
            Assert.Equal(id, client.Send(1, id).Id);
        }

        static ValueTask<string?> Give(CredentialsRequest request) => ValueTask.FromResult<string?>("t");
    }

    [Fact]
    public async Task Polymorphic_message_keeps_its_discriminator_and_half_an_emoji_is_refused()
    {
        await using var server = await ReferenceServer.StartAsync();
        await using var client = new AirlockClient(server.Address);
        client.Start();
        await client.Send(new Circle(2)).Done.WaitAsync(_patience, Cancellation);
        await client.Send<Shape>(new Circle(3)).Done.WaitAsync(_patience, Cancellation);
        Assert.Equal(["""{"kind":"circle","radius":2}""", """{"kind":"circle","radius":3}"""], server.Sessions.Values.Single().Handled.Select(static message => Encoding.UTF8.GetString(message.Payload.Span)));
        Assert.Throws<ArgumentException>(() => client.Send("half \uD83D of it"));
        Assert.Throws<ArgumentException>(() => client.SendJson("\"half \\uD83D of it\""u8.ToArray()));
    }

    [Theory]
    [InlineData(ActivityIdFormat.W3C)]
    [InlineData(ActivityIdFormat.Hierarchical)]
    [InlineData(null)]
    public async Task What_the_application_was_doing_goes_along_in_the_one_form_that_the_wire_knows(ActivityIdFormat? format)
    {
        await using var server = await ReferenceServer.StartAsync();
        using var doing = format is { } its ? new Activity("doing").SetIdFormat(its).Start() : null;
        var expected = format == ActivityIdFormat.W3C ? doing!.Id : null;
        await using var client = new AirlockClient(server.Address);
        client.Start();
        await client.Send(1).Done.WaitAsync(_patience, Cancellation);
        Assert.Equal(expected, server.Connections.Single().Hello!.TraceParent);
        Assert.Equal(expected, server.Sessions.Values.Single().Handled.Single().TraceParent);
    }

    private static Task<ServerMessage> NextAsync(AirlockClient client) => NextUntilAsync(client, Cancellation);

    private static async Task<ServerMessage> NextUntilAsync(AirlockClient client, CancellationToken cancellation)
    {
        await foreach (var message in client.MessagesAsync(cancellation))
        {
            return message;
        }

        throw new InvalidOperationException("The messages have ended.");
    }

    [System.Text.Json.Serialization.JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [System.Text.Json.Serialization.JsonDerivedType(typeof(Circle), "circle")]
    private record Shape;

    private sealed record Circle(int Radius) : Shape;

    private sealed class CountingContext : SynchronizationContext
    {
        private int _posts;

        public int Posts => _posts;

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref _posts);
            ThreadPool.QueueUserWorkItem(_ => d(state));
        }
    }
}
