using System.Net;
using System.Net.WebSockets;
using System.Text;
using Airlock.Client.Tests.Reference;
using Airlock.Core;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Client.Tests;

/// <summary>Whatever stands in the way of an open WebSocket has its cause, in time; what can never work says so at once.</summary>
public class OpeningTests
{
    private const string Secret = "s3cr3t";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http 200 with no body", "http_200", 1006, ConnectionState.Closed, true)]
    [InlineData("http 302", "http_302", 1006, ConnectionState.Closed, true)]
    [InlineData("http 401", "http_401", 1006, ConnectionState.Closed, false)]
    [InlineData("http 403", "http_403", 1006, ConnectionState.Closed, false)]
    [InlineData("http 404", "http_404", 1006, ConnectionState.Closed, false)]
    [InlineData("http 408", "http_408", 1006, ConnectionState.Closed, true)]
    [InlineData("http 426", "http_426", 1006, ConnectionState.Closed, false)]
    [InlineData("http 429", "http_429", 1006, ConnectionState.Closed, true)]
    [InlineData("http 500", "http_500", 1006, ConnectionState.Closed, true)]
    [InlineData("http 503", "http_503", 1006, ConnectionState.Closed, true)]
    [InlineData("refused", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("name", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("tls", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("no answer", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("half an answer", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("no http", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("wrong accept", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("no sub-protocol", "server_violation", 4902, ConnectionState.Failed, false)]
    [InlineData("other sub-protocol", "server_violation", 4902, ConnectionState.Failed, false)]
    [InlineData("cut behind the upgrade", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("cut in a frame", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("reserved bits", "transport_lost", 1006, ConnectionState.Failed, true)]
    [InlineData("close 1000", "closed", 1000, ConnectionState.Closed, false)]
    [InlineData("close 1001", "going_away", 1001, ConnectionState.Closed, true)]
    [InlineData("close 1008", "close_1008", 1008, ConnectionState.Closed, false)]
    [InlineData("close 1002", "protocol_error", 1002, ConnectionState.Closed, false)]
    [InlineData("close 1012", "close_1012", 1012, ConnectionState.Closed, true)]
    [InlineData("close 1013", "close_1013", 1013, ConnectionState.Closed, true)]
    [InlineData("close 1014", "close_1014", 1014, ConnectionState.Closed, true)]
    [InlineData("close 1011", "internal_error", 1011, ConnectionState.Closed, true)]
    public async Task Each_failure_has_its_cause(string what, string cause, int code, ConnectionState state, bool again)
    {
        await using var server = new RawServer((head, stream, gone) => AnswerAsync(what, head, stream, gone));
        var address = what switch
        {
            "refused" => new Uri("ws://127.0.0.1:1/chat"),
            "name" => new Uri("ws://no-such-host.invalid/chat"),
            "tls" => server.SecureAddress,
            _ => server.Address,
        };
        var ended = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The time stands still: only the failure itself can end the attempt.
        await using var client = new AirlockClient(address, new AirlockClientOptions { TimeProvider = new FakeTimeProvider() });
        client.StateChanged += change =>
        {
            if (change.Cause is not null)
            {
                ended.TrySetResult(change);
            }
        };
        client.Start();
        var change = await ended.Task.WaitAsync(Patience.Max, Cancellation);
        Assert.Equal((cause, code, state), (change.Cause, change.Code, change.State));
        Assert.NotEmpty(change.Detail!);
        if (again)
        {
            Assert.NotNull(change.RetryIn);
            return;
        }

        Assert.Equal(cause, (await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation))).Cause);
    }

    [Theory]
    [InlineData("refused", "No connection to the server could be made.")]
    [InlineData("name", "The server's name could not be resolved.")]
    [InlineData("tls", "TLS with the server failed: its certificate or its protocol version is not accepted.")]
    public async Task What_was_in_the_way_is_told_in_words(string what, string detail)
    {
        await using var server = new RawServer(static (_, stream, gone) => stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), gone).AsTask());
        var address = what switch
        {
            "refused" => new Uri("ws://127.0.0.1:1/chat"),
            "name" => new Uri("ws://no-such-host.invalid/chat"),
            _ => server.SecureAddress,
        };
        var ended = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new AirlockClient(address, new AirlockClientOptions { TimeProvider = new FakeTimeProvider() });
        client.StateChanged += change =>
        {
            if (change.Cause is not null)
            {
                ended.TrySetResult(change);
            }
        };
        client.Start();
        var change = await ended.Task.WaitAsync(Patience.Max, Cancellation);
        Assert.Equal(detail, change.Detail);
        Assert.NotNull(change.Exception);
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("open")]
    public async Task Server_that_says_nothing_is_silent_after_the_connect_timeout(string before)
    {
        await using var server = new RawServer(async (head, stream, gone) =>
        {
            if (before == "open")
            {
                await stream.WriteAsync(RawServer.Upgrade(head), gone);
            }

            await Task.Delay(Timeout.Infinite, gone);
        });
        var ended = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { ConnectTimeout = TimeSpan.FromMilliseconds(100), CloseTimeout = TimeSpan.FromMilliseconds(1) });
        client.StateChanged += change =>
        {
            if (change.RetryIn is not null)
            {
                ended.TrySetResult(change);
            }
        };
        client.Start();
        var change = await ended.Task.WaitAsync(Patience.Max, Cancellation);
        Assert.Equal(("server_silent", 4903), (change.Cause, change.Code));
    }

    [Theory]
    [InlineData("cookies beside an invoker")]
    [InlineData("proxy beside an invoker")]
    [InlineData("certificate check beside an invoker")]
    [InlineData("disposed invoker")]
    [InlineData("configuration that throws")]
    [InlineData("header name")]
    [InlineData("header value with a line break")]
    [InlineData("header value that is not ASCII")]
    [InlineData("sub-protocol with a space")]
    [InlineData("sub-protocol twice")]
    [InlineData("sub-protocol of the client")]
    [InlineData("http version that does not exist")]
    [InlineData("factory that gives null")]
    [InlineData("factory that calls its argument wrong")]
    [InlineData("factory that supports nothing")]
    public async Task What_can_never_work_ends_the_client_at_once(string what)
    {
        await using var server = await ReferenceServer.StartAsync();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        var dials = 0;
        var options = new AirlockClientOptions { TimeProvider = new FakeTimeProvider() };
        switch (what)
        {
            case "disposed invoker":
                options.HttpInvoker = invoker;
                invoker.Dispose();
                break;
            case "factory that gives null":
                options.WebSocketFactory = static (_, _) => Task.FromResult<WebSocket>(null!);
                break;
            case "factory that calls its argument wrong":
                options.WebSocketFactory = static (_, _) => throw new ArgumentException("no");
                break;
            case "factory that supports nothing":
                options.WebSocketFactory = static (_, _) => throw new NotSupportedException("no");
                break;
            default:
                options.HttpInvoker = what.EndsWith("invoker", StringComparison.Ordinal) ? invoker : null;
                options.ConfigureWebSocket = socket => Misconfigure(what, socket);
                break;
        }

        var client = new AirlockClient(server.Address, options);
        client.StateChanged += change => dials = change.Number;
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation));
        Assert.Equal("configuration_invalid", closed.Cause);
        Assert.NotNull(closed.InnerException);
        Assert.Contains(closed.InnerException.Message, closed.Message, StringComparison.Ordinal);
        if (what == "factory that gives null")
        {
            Assert.Contains("WebSocketFactory gave null", closed.Message, StringComparison.Ordinal);
        }

        await client.DisposeAsync().AsTask().WaitAsync(Patience.Max, Cancellation);
        Assert.True(dials <= 1);
        Assert.Empty(server.Connections);
    }

    [Fact]
    public async Task Secret_in_what_the_platform_says_is_shown_to_nobody()
    {
        var log = new TestLogger();
        var client = new AirlockClient(new Uri("ws://127.0.0.1:1/chat"), new AirlockClientOptions
        {
            Logger = log,
            CredentialsIn = CredentialCarrier.SubProtocol,
            Token = static _ => new(Secret),
            // The platform's complaint about the second time quotes it.
            ConfigureWebSocket = static socket => socket.AddSubProtocol(Protocol.TokenPrefix + Secret),
        });
        client.Start();
        var closed = await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation));
        Assert.Equal("configuration_invalid", closed.Cause);
        Assert.DoesNotContain(Secret, closed.ToString(), StringComparison.Ordinal);
        await client.DisposeAsync();
        Assert.DoesNotContain(log.Lines, static line => line.Contains(Secret, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("503|Airlock-Cause: draining|Retry-After: 2", "none", "draining", 4312, 2000)]
    [InlineData("503|airlock-cause:upgrade_failed  |Retry-After: 5", "none", "upgrade_failed", 1006, 5000)]
    [InlineData("429|Airlock-Cause: address_limit|Retry-After: 1", "none", "address_limit", 4105, 1000)]
    [InlineData("403|Airlock-Cause: origin_refused", "none", "origin_refused", 4027, null)]
    [InlineData("503|Airlock-Cause: draining", "endless", "draining", 4312, 250)]
    [InlineData("503|Airlock-Cause: draining", "none at all", "draining", 4312, 250)]
    [InlineData("103|\n503|Airlock-Cause: draining", "none", "draining", 4312, 250)]
    [InlineData("503", "json", "http_503", 1006, 250)]
    [InlineData("503", "endless", "http_503", 1006, 250)]
    [InlineData("403", "json", "http_403", 1006, null)]
    [InlineData("503|Airlock-Cause: draining|Airlock-Cause: upgrade_failed", "none", "http_503", 1006, 250)]
    [InlineData("503|Airlock-Cause: draining, upgrade_failed", "none", "http_503", 1006, 250)]
    [InlineData("503|Airlock-Cause: superseded", "none", "http_503", 1006, 250)]
    [InlineData("503|Airlock-Cause:", "none", "http_503", 1006, 250)]
    [InlineData("503|Airlock-Cause: dr\u00e4ining", "none", "http_503", 1006, 250)]
    [InlineData("503|Retry-After: 0", "none", "http_503", 1006, 250)]
    [InlineData("503|Retry-After: 99999999999999999999", "none", "http_503", 1006, 86400000)]
    [InlineData("999", "none", "http_999", 1006, 250)]
    [InlineData("307|Location: ws://127.0.0.1:1/", "none", "http_307", 1006, 250)]
    public async Task Cause_before_the_upgrade_is_the_servers_own_word_or_none(string answer, string body, string cause, int code, int? milliseconds)
    {
        await using var server = new RawServer(async (_, stream, gone) =>
        {
            foreach (var head in answer.Split('\n'))
            {
                var lines = head.Split('|', StringSplitOptions.RemoveEmptyEntries);
                await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 {lines[0]} Status\r\n{string.Concat(lines.Skip(1).Select(static line => line + "\r\n"))}{(head[0] == '1' ? "\r\n" : Body(body))}"), gone);
            }

            while (body == "endless")
            {
                await stream.WriteAsync(new byte[65536], gone);
            }

            if (body == "none at all")
            {
                await Task.Delay(Timeout.Infinite, gone);
            }
        });
        var ended = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { TimeProvider = new FakeTimeProvider(), Jitter = static () => 0 });
        client.StateChanged += change =>
        {
            if (change.Cause is not null)
            {
                ended.TrySetResult(change);
            }
        };
        client.Start();
        var change = await ended.Task.WaitAsync(Patience.Max, Cancellation);
        Assert.Equal((cause, code, ConnectionState.Closed), (change.Cause, change.Code, change.State));
        Assert.Equal(milliseconds, change.RetryIn?.TotalMilliseconds);
        Assert.DoesNotContain("Some words", change.Detail, StringComparison.Ordinal);
        if (milliseconds is null)
        {
            Assert.Equal(cause, (await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(Patience.Max, Cancellation))).Cause);
        }

        static string Body(string body) => body switch
        {
            "json" => "Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"cause\":\"draining\",\"message\":\"Some words.\"}    ",
            "endless" or "none at all" => "Content-Length: 9000000000\r\n\r\n",
            _ => "Content-Length: 0\r\n\r\n",
        };
    }

    [Theory]
    [InlineData(CredentialCarrier.SubProtocol)]
    [InlineData(CredentialCarrier.AuthorizationHeader)]
    public async Task Redirect_is_not_followed_and_takes_no_token_along(CredentialCarrier carrier)
    {
        await using var elsewhere = new RawServer(static (head, stream, gone) => stream.WriteAsync(RawServer.Upgrade(head), gone).AsTask());
        await using var server = new RawServer((_, stream, gone) => stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 307 Elsewhere\r\nLocation: {elsewhere.Address}\r\nContent-Length: 0\r\n\r\n"), gone).AsTask());
        var ended = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { TimeProvider = new FakeTimeProvider(), Token = static _ => new(Secret), CredentialsIn = carrier });
        client.StateChanged += change =>
        {
            if (change.RetryIn is not null)
            {
                ended.TrySetResult(change);
            }
        };
        client.Start();
        Assert.Equal("http_307", (await ended.Task.WaitAsync(Patience.Max, Cancellation)).Cause);
        Assert.Equal((1, 0), (server.Requests, elsewhere.Requests));
    }

    [Theory]
    [InlineData(404, "HTTP 404 came in place of the upgrade, and no Airlock server says why. Is there an Airlock endpoint at this address?")]
    [InlineData(401, "HTTP 401 came in place of the upgrade, and no Airlock server says why. What stands there wants credentials of its own.")]
    [InlineData(418, "HTTP 418 came in place of the upgrade, and no Airlock server says why. Look at the address, and at what stands in front of the server.")]
    public void Answer_that_no_server_explains_says_what_to_do(int status, string words)
    {
        var ending = new HttpAnswer(status).ToEnding(hasSession: false, origin: null);
        Assert.Equal((words, RetryAdvice.Never), (ending.Text, ending.Advice));
    }

    [Theory]
    [InlineData("moved_house", " (moved_house)")]
    [InlineData("<b>", "")]
    [InlineData("a b", "")]
    [InlineData("", "")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "")]
    public void Name_that_is_not_believed_is_shown_only_if_it_has_the_form_of_one(string name, string shown)
    {
        var ending = new HttpAnswer(503, name).ToEnding(hasSession: false, origin: null);
        Assert.Equal("http_503", ending.Cause);
        Assert.StartsWith($"HTTP 503{shown} came", ending.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tue, 01 Jan 2030 00:00:10 GMT", "Tue, 01 Jan 2030 00:00:07 GMT", 3000)]
    [InlineData("Tue, 01 Jan 2030 00:00:10 GMT", null, 250)]
    [InlineData("7", null, 7000)]
    public async Task Date_to_retry_after_counts_from_the_servers_own_clock(string retryAfter, string? date, int milliseconds)
    {
        await using var server = new RawServer((_, stream, gone) => stream.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: {retryAfter}\r\n{(date is null ? "" : $"Date: {date}\r\n")}\r\n"), gone).AsTask());
        var ended = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        // Years away from the server's.
        await using var client = new AirlockClient(server.Address, new AirlockClientOptions { TimeProvider = new FakeTimeProvider(), Jitter = static () => 0 });
        client.StateChanged += change =>
        {
            if (change.RetryIn is not null)
            {
                ended.TrySetResult(change);
            }
        };
        client.Start();
        Assert.Equal(milliseconds, (await ended.Task.WaitAsync(Patience.Max, Cancellation)).RetryIn!.Value.TotalMilliseconds);
    }

    [Fact]
    public void What_is_known_to_be_wrong_throws_when_the_client_is_made()
    {
        foreach (var (address, word) in new[] { ("ws://localhost/chat#part", "fragment"), ("ws://ann:pw@localhost/chat", "user"), ("ftp://localhost/", "scheme"), ("ws://localhost/chat?ticket=abc", "ticket") })
        {
            var wrong = Assert.Throws<ArgumentException>(() => new AirlockClient(new Uri(address), new AirlockClientOptions { Ticket = static _ => new("t"), CredentialsIn = CredentialCarrier.Query }));
            Assert.Contains(word, wrong.Message, StringComparison.Ordinal);
        }

        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        var endpoint = new Uri("ws://localhost/chat");
        Func<WebSocketRequest, CancellationToken, Task<WebSocket>> factory = static (_, _) => Task.FromResult<WebSocket>(null!);
        Assert.Throws<ArgumentException>(() => new AirlockClient(endpoint, new AirlockClientOptions { WebSocketFactory = factory, HttpInvoker = invoker }));
        Assert.Throws<ArgumentException>(() => new AirlockClient(endpoint, new AirlockClientOptions { WebSocketFactory = factory, ConfigureWebSocket = static _ => { } }));
        Assert.Throws<ArgumentNullException>(() => new AirlockClient(endpoint, new AirlockClientOptions { ClientName = null! }));
    }

    [Theory]
    [InlineData("http://localhost/chat", null, "ws://localhost/chat", "airlock.v1", "")]
    [InlineData("https://localhost/chat?a=b", null, "wss://localhost/chat?a=b", "airlock.v1", "")]
    [InlineData("https://localhost:444/", CredentialCarrier.Hello, "wss://localhost:444/", "airlock.v1", "")]
    [InlineData("http://localhost:443/", null, "ws://localhost:443/", "airlock.v1", "")]
    [InlineData("ws://localhost/chat", CredentialCarrier.SubProtocol, "ws://localhost/chat", "airlock.v1 airlock.token.s3cr3t", "")]
    [InlineData("wss://localhost/chat", CredentialCarrier.AuthorizationHeader, "wss://localhost/chat", "airlock.v1", "Authorization: Bearer s3cr3t")]
    [InlineData("ws://localhost/chat", CredentialCarrier.Query, "ws://localhost/chat?ticket=s3cr3t%26", "airlock.v1", "")]
    [InlineData("ws://localhost/chat?a=b", CredentialCarrier.Query, "ws://localhost/chat?a=b&ticket=s3cr3t%26", "airlock.v1", "")]
    [InlineData("ws://localhost/chat?", CredentialCarrier.Query, "ws://localhost/chat?ticket=s3cr3t%26", "airlock.v1", "")]
    public async Task What_is_asked_for_stands_in_the_request(string endpoint, CredentialCarrier? carrier, string address, string subProtocols, string headers)
    {
        var asked = new TaskCompletionSource<WebSocketRequest>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new AirlockClientOptions
        {
            TimeProvider = new FakeTimeProvider(),
            CredentialsIn = carrier ?? default,
            WebSocketFactory = (request, _) =>
            {
                asked.TrySetResult(request);
                throw new NotSupportedException("no");
            },
        };
        if (carrier == CredentialCarrier.Query)
        {
            options.Ticket = static _ => new(Secret + "&");
        }
        else if (carrier is not null)
        {
            options.Token = static _ => new(Secret);
        }

        await using var client = new AirlockClient(new Uri(endpoint), options);
        client.Start();
        var request = await asked.Task.WaitAsync(Patience.Max, Cancellation);
        Assert.Equal((1, new Uri(address)), (request.Number, request.Address));
        Assert.Equal(subProtocols, string.Join(' ', request.SubProtocols));
        Assert.Equal(headers, string.Join('|', request.Headers.Select(static header => $"{header.Key}: {header.Value}")));
    }

    [Theory]
    [InlineData("sub-protocol", "InvalidOperationException")]
    [InlineData("close status", "transport")]
    public async Task A_WebSocket_of_the_application_that_throws_where_it_is_looked_at_is_one_that_is_lost(string where, string words)
    {
        var ended = new TaskCompletionSource<ConnectionChange>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var client = new AirlockClient(new Uri("ws://127.0.0.1:1/chat"), new AirlockClientOptions
        {
            TimeProvider = new FakeTimeProvider(),
            WebSocketFactory = (_, _) => Task.FromResult<WebSocket>(new ThrowingSocket(where)),
        });
        client.StateChanged += change =>
        {
            if (change.Cause is not null)
            {
                ended.TrySetResult(change);
            }
        };
        client.Start();
        var change = await ended.Task.WaitAsync(Patience.Max, Cancellation);
        Assert.Equal("transport_lost", change.Cause);
        Assert.NotNull(change.RetryIn);
        Assert.Contains(words, change.Detail, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(change.Exception);
    }

    private static void Misconfigure(string what, ClientWebSocketOptions socket)
    {
        switch (what)
        {
            case "cookies beside an invoker":
                socket.Cookies = new CookieContainer();
                break;
            case "proxy beside an invoker":
                socket.Proxy = new WebProxy("http://127.0.0.1:1");
                break;
            case "certificate check beside an invoker":
                socket.RemoteCertificateValidationCallback = static (_, _, _, _) => false;
                break;
            case "configuration that throws":
                throw new TimeZoneNotFoundException("no");
            case "header name":
                socket.SetRequestHeader("a b", "c");
                break;
            case "header value with a line break":
                socket.SetRequestHeader("a", "b\nc");
                break;
            case "header value that is not ASCII":
                socket.SetRequestHeader("a", "é€");
                break;
            case "sub-protocol with a space":
                socket.AddSubProtocol("a b");
                break;
            case "sub-protocol twice":
                socket.AddSubProtocol("a");
                socket.AddSubProtocol("a");
                break;
            case "sub-protocol of the client":
                socket.AddSubProtocol(Protocol.Name);
                break;
            default:
                socket.HttpVersion = new Version(9, 9);
                socket.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
                break;
        }
    }

    private static async Task AnswerAsync(string what, string head, Stream stream, CancellationToken gone)
    {
        if (what.StartsWith("http ", StringComparison.Ordinal))
        {
            var status = what[5..8];
            var body = what.EndsWith("no body", StringComparison.Ordinal) ? "" : """{"cause":"some_cause","message":"Some words."}""";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"), gone);
            return;
        }

        byte[][] answers = what switch
        {
            "no answer" => [],
            "half an answer" => ["HTTP/1.1 101 Switching Proto"u8.ToArray()],
            "no http" => ["SSH-2.0-OpenSSH_9.6\r\n"u8.ToArray()],
            "tls" => ["HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray()],
            "wrong accept" => [Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nSec-WebSocket-Protocol: airlock.v1\r\n\r\n")],
            "no sub-protocol" => [RawServer.Upgrade(head, null)],
            "other sub-protocol" => [RawServer.Upgrade(head, "chat")],
            "cut behind the upgrade" => [RawServer.Upgrade(head)],
            "cut in a frame" => [RawServer.Upgrade(head), RawServer.Frame(0x81, Conversation.Open[..100])[..50]],
            "reserved bits" => [RawServer.Upgrade(head), RawServer.Frame(0xF1, "x")],
            _ => [RawServer.Upgrade(head), Close(int.Parse(what[6..], System.Globalization.CultureInfo.InvariantCulture))],
        };
        foreach (var answer in answers)
        {
            await stream.WriteAsync(answer, gone);
        }

        if (what.StartsWith("close", StringComparison.Ordinal) || what == "reserved bits")
        {
            // Until the client has answered, so that a reset does not overtake what was said.
            while (await stream.ReadAsync(new byte[256], gone) > 0)
            {
            }
        }
    }

    private static byte[] Close(int code) => [0x88, 2, (byte)(code >> 8), (byte)code];

    /// <summary>The server has closed it at once; it throws where it is asked something.</summary>
    private sealed class ThrowingSocket(string where) : WebSocket
    {
        public override WebSocketCloseStatus? CloseStatus => where == "close status" ? throw new InvalidOperationException("no") : WebSocketCloseStatus.NormalClosure;

        public override string? CloseStatusDescription => null;

        public override WebSocketState State => WebSocketState.CloseReceived;

        public override string? SubProtocol => where == "sub-protocol" ? throw new InvalidOperationException("no") : Protocol.Name;

        public override void Abort()
        {
        }

        public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

        public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Dispose()
        {
        }

        public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) =>
            Task.FromResult(new WebSocketReceiveResult(0, WebSocketMessageType.Close, true));

        public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
