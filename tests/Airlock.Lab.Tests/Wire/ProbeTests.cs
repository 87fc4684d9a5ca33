using System.Text.Json;
using Airlock.Lab.Commands;
using Airlock.Lab.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Airlock.Lab.Tests.Wire;

public sealed class ProbeTests
{
    [Fact]
    public async Task Every_walk_of_a_good_server_succeeds_and_each_phase_is_timed()
    {
        await using var host = await HostedSubject.AirlockAsync(static settings => settings with { JwtKey = HostedSubject.Key });
        var report = await ProbeAsync(new ProbeOptions { Url = host.Socket, Count = 6, Concurrency = 3, Token = HostedSubject.TokenOf("ann"), Message = "\"hello\"" });
        Assert.Empty(report.Failures);
        Assert.Equal((6, 6, 100.0), (report.Count, report.Succeeded, report.SuccessRate));
        Assert.Equal(["credentials", "connect", "upgrade", "open", "authenticated", "ready", "first-event", "answered", "closed"], report.Phases.Keys);
        Assert.All(report.Phases.Values, static times => Assert.Equal(6, times.Count));
        Assert.Equal(6, report.BareAccept.Count);
        Assert.Equal(6, report.Coordination.Count);
        Assert.Equal(6, report.Ends["1000 bye"]);
        Assert.Equal(("arrived", "arrived", "arrived"), (report.Carriers["authorization"], report.Carriers["subprotocol"], report.Carriers["ticket"]));
    }

    [Fact]
    public async Task A_server_that_lets_anybody_in_is_walked_without_credentials()
    {
        await using var host = await HostedSubject.AirlockAsync();
        var report = await ProbeAsync(new ProbeOptions { Url = host.Socket, Count = 2, Message = "\"hello\"" });
        Assert.Empty(report.Failures);
        Assert.Equal("all", Assert.Single(report.Carriers).Key);
    }

    [Fact]
    public async Task A_walk_that_is_refused_fails_where_it_was_refused()
    {
        await using var host = await HostedSubject.AirlockAsync(static settings => settings with { JwtKey = HostedSubject.Key });
        var report = await ProbeAsync(new ProbeOptions { Url = host.Socket, Count = 2, Token = HostedSubject.TokenOf("ann", hasExpired: true) });
        var failure = Assert.Single(report.Failures);
        Assert.Equal(("authenticated", "4022 token_expired", 2), (failure.Phase, failure.What, failure.Count));
        Assert.Equal(2, report.Ends["4022 token_expired"]);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_a_table_and_no_stack_trace()
    {
        var (code, output, error) = await RunAsync("probe", $"ws://127.0.0.1:{FreePort.Take()}/chat", "--count", "3", "--token", "x");
        Assert.Equal((ExitCodes.Unexpected, ""), (code, error));
        Assert.Contains("connect", output, StringComparison.Ordinal);
        Assert.Contains("Connection refused", output, StringComparison.Ordinal);
        Assert.Contains("0 of 3 walks succeeded", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_another_protocol_is_told_so_with_what_it_said_and_nothing_is_posted_to_it()
    {
        var posts = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var stranger = await StrangerAsync(posts, async socket =>
        {
            await socket.SendAsync("welcome, stranger"u8.ToArray(), System.Net.WebSockets.WebSocketMessageType.Text, true, CancellationToken.None);
            await socket.ReceiveAsync(new byte[64].AsMemory(), CancellationToken.None);
        });
        foreach (var command in new[] { "probe", "wire" })
        {
            var (code, output, error) = await RunAsync(command, $"{stranger.Urls.Single().Replace("http", "ws", StringComparison.Ordinal)}/ws");
            Assert.Equal((ExitCodes.Unexpected, ""), (code, error));
            Assert.Contains("upgrade", output, StringComparison.Ordinal);
            Assert.Contains("it takes WebSockets and does not speak airlock.v1: it selected no sub-protocol; it said first: welcome, stranger", output, StringComparison.Ordinal);
            Assert.Contains("need an endpoint that speaks airlock.v1", output.ReplaceLineEndings(" "), StringComparison.Ordinal);
            Assert.DoesNotContain("sign-in", output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        }

        Assert.Empty(posts);
    }

    [Theory]
    [InlineData("python3-websockets", """
        import asyncio, websockets
        async def echo(socket, path=None):
            async for message in socket:
                await socket.send(message)
        async def main():
            async with websockets.serve(echo, "127.0.0.1", 0) as server:
                print(server.sockets[0].getsockname()[1], flush=True)
                await asyncio.Future()
        asyncio.run(main())
        """, "it said nothing for 2 s")]
    [InlineData("python3-fastapi and python3-uvicorn", """
        import socket, uvicorn
        from fastapi import FastAPI, WebSocket
        app = FastAPI()
        @app.websocket("/")
        async def chat(socket: WebSocket):
            await socket.accept()
            await socket.send_json({"type": "connection_established"})
            await socket.receive_text()
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])
        """, """it said first: {"type": "connection_established"}""")]
    public async Task A_server_of_another_language_gets_a_true_answer(string packages, string server, string said)
    {
        const string Python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists(Python), "python3 is not installed");
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(Python, ["-c", server]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // It reports each connection that breaks off. With nobody to read that, it stands still when the pipe is full.
        process.BeginErrorReadLine();
        try
        {
            var port = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
            Assert.SkipWhen(port is null, $"{packages}: not installed");
            var (code, output, _) = await RunAsync("probe", $"ws://127.0.0.1:{port}/");
            Assert.Equal(ExitCodes.Unexpected, code);
            Assert.Contains($"it selected no sub-protocol; {said}", output, StringComparison.Ordinal);
            Assert.Contains("bare accept on the same path:", output, StringComparison.Ordinal);
            Assert.Contains("0 of 1 walks succeeded", output, StringComparison.Ordinal);
            Assert.Contains("probe and wire need an endpoint that speaks airlock.v1", output, StringComparison.Ordinal);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    [Theory]
    [InlineData("/nothing", "HTTP 404", "Nothing is mapped at /nothing")]
    [InlineData("/page", "HTTP 200", "answers an ordinary HTTP request and does not upgrade")]
    [InlineData("/forbidden", "HTTP 403", "The upgrade itself is refused")]
    [InlineData("/draining", "HTTP 503 server_draining", "A proxy cannot reach the server, or the server is starting or draining")]
    public async Task A_refused_upgrade_is_told_with_its_cause_and_what_to_look_at(string path, string what, string advice)
    {
        var posts = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var stranger = await StrangerAsync(posts, static _ => Task.CompletedTask);
        var (code, output, _) = await RunAsync("probe", $"{stranger.Urls.Single()}{path}", "--count", "2");
        Assert.Equal(ExitCodes.Unexpected, code);
        Assert.Contains(what, output, StringComparison.Ordinal);
        Assert.Contains(advice, output.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Empty(posts);
    }

    [Theory]
    [InlineData("--max-coordination", "0.000001", "missed: coordination, upgrade to ready")]
    [InlineData("--max-overhead", "0.000001", "missed: overhead to the first event")]
    public async Task A_limit_that_is_missed_is_named_and_is_exit_code_2(string option, string value, string missed)
    {
        await using var host = await HostedSubject.AirlockAsync();
        string[] generous = ["--max-coordination", "600000", "--max-overhead", "1000000"];
        var (code, output, _) = await RunAsync(["probe", host.Socket.ToString(), "--count", "3", "--message", "\"hello\"", .. generous.Chunk(2).Where(pair => pair[0] != option).SelectMany(static pair => pair), option, value]);
        Assert.Contains(missed, output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Race, code);
    }

    [Fact]
    public void The_limits_are_those_of_the_post_mortem()
    {
        var limits = new Budgets().Judge(99.9, 49.9, 99, 0);
        Assert.All(limits, static limit => Assert.True(limit.IsMet, limit.ToString()));
        Assert.Equal(4, limits.Count);
        Assert.All(new Budgets().Judge(100, 50, 98.9, 1), static limit => Assert.False(limit.IsMet, limit.ToString()));
        Assert.Equal(3, new Budgets().Judge(1, null, 100, 0).Count);
    }

    [Theory]
    [InlineData("60", ExitCodes.Race)]
    [InlineData("50", ExitCodes.Holds)]
    public async Task Less_success_than_asked_for_is_exit_code_2(string least, int expected)
    {
        await using var host = await HostedSubject.AirlockAsync(static settings => settings with { JwtKey = HostedSubject.Key });
        // One dial looks who is there; the first of two walks is reset in its upgrade.
        await using var proxy = new FaultProxy(new(System.Net.IPAddress.Loopback, host.Socket.Port), static number => number == 2 ? new FaultPlan { Fault = FaultKind.Reset, AfterBytes = 10 } : new FaultPlan());
        var file = Path.Combine(Path.GetTempPath(), $"probe-{Guid.NewGuid():n}.json");
        try
        {
            var (code, output, _) = await RunAsync("probe", $"ws://{proxy.Address}/chat", "--count", "2", "--concurrency", "1", "--token", HostedSubject.TokenOf("ann"), "--message", "\"hello\"", "--min-success", least, "--json", file, "--max-coordination", "600000", "--max-overhead", "1000000");
            Assert.Equal(expected, code);
            Assert.Contains("1 of 2 walks succeeded: 50 %", output, StringComparison.Ordinal);
            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
            Assert.Equal(50, json.RootElement.GetProperty("success_rate").GetDouble());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("ws://localhost:5080/chat", "ws://localhost:5080/chat")]
    [InlineData("http://localhost:5080/chat", "ws://localhost:5080/chat")]
    [InlineData("https://example.org/chat", "wss://example.org/chat")]
    public void An_address_is_read_as_people_write_it(string text, string expected)
    {
        Assert.True(ProbeOptions.TryParseUrl(text, out var url, out _));
        Assert.Equal(expected, url.ToString());
    }

    [Theory]
    [InlineData("nonsense", "is no address")]
    [InlineData("ftp://example.org/chat", "does not begin with ws")]
    public async Task A_wrong_address_is_refused_in_words(string text, string words)
    {
        var (code, _, error) = await RunAsync("probe", text);
        Assert.Equal(ExitCodes.Unexpected, code);
        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--count", "0")]
    [InlineData("--concurrency", "-1")]
    [InlineData("--min-success", "101")]
    [InlineData("--message", "hello")]
    [InlineData("--timeout", "0")]
    public async Task A_wrong_option_is_refused_in_words(string option, string value)
    {
        var (code, _, error) = await RunAsync("probe", "ws://localhost/chat", option, value);
        Assert.Equal(ExitCodes.Unexpected, code);
        Assert.Contains(option, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wire_run_against_nobody_tells_what_failed_at_which_phase()
    {
        var (code, output, _) = await RunAsync("wire", $"ws://127.0.0.1:{FreePort.Take()}/chat", "--token", "x");
        Assert.Equal(ExitCodes.Unexpected, code);
        Assert.Contains("connect", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    /// <summary>A server that knows nothing of Airlock, and every POST that it got.</summary>
    private static async Task<WebApplication> StrangerAsync(System.Collections.Concurrent.ConcurrentQueue<string> posts, Func<System.Net.WebSockets.WebSocket, Task> serve)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.UseWebSockets();
        app.Use((context, next) =>
        {
            if (context.Request.Method == "POST")
            {
                posts.Enqueue(context.Request.Path);
            }

            return next(context);
        });
        app.Map("/ws", async (HttpContext context) =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await serve(socket);
        });
        app.MapGet("/page", static () => "a page");
        app.MapGet("/forbidden", static () => Results.StatusCode(403));
        app.MapGet("/draining", static (HttpContext context) =>
        {
            context.Response.Headers["Airlock-Cause"] = "server_draining";
            return Results.StatusCode(503);
        });
        app.MapPost("/auth/sign-in", static () => Results.StatusCode(400));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    internal static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Task.Run(() => CommandLine.Run(arguments, new LabConsole(output, error, IsTerminal: false, TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    private static Task<ProbeReport> ProbeAsync(ProbeOptions options) => new Probing(options).RunAsync(TestContext.Current.CancellationToken);
}
