using System.Text.Json;
using Airlock.Lab.Commands;
using Airlock.Lab.Hosts;
using Airlock.Lab.Wire;

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
    public async Task A_server_of_another_protocol_is_named_so()
    {
        await using var host = await HostedSubject.StartAsync(new HostSettings { Subject = HostSubject.Plain });
        var (code, output, _) = await RunAsync("probe", host.Socket.ToString(), "--count", "1", "--token", "x");
        Assert.Equal(ExitCodes.Unexpected, code);
        Assert.Contains("upgrade", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("60", ExitCodes.Race)]
    [InlineData("50", ExitCodes.Holds)]
    public async Task Less_success_than_asked_for_is_exit_code_2(string least, int expected)
    {
        await using var host = await HostedSubject.AirlockAsync(static settings => settings with { JwtKey = HostedSubject.Key });
        // The first of two walks is reset in its upgrade.
        await using var proxy = new FaultProxy(new(System.Net.IPAddress.Loopback, host.Socket.Port), static number => number == 1 ? new FaultPlan { Fault = FaultKind.Reset, AfterBytes = 10 } : new FaultPlan());
        var file = Path.Combine(Path.GetTempPath(), $"probe-{Guid.NewGuid():n}.json");
        try
        {
            var (code, output, _) = await RunAsync("probe", $"ws://{proxy.Address}/chat", "--count", "2", "--concurrency", "1", "--token", HostedSubject.TokenOf("ann"), "--message", "\"hello\"", "--min-success", least, "--json", file);
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

    internal static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Task.Run(() => CommandLine.Run(arguments, new LabConsole(output, error, IsTerminal: false, TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    private static Task<ProbeReport> ProbeAsync(ProbeOptions options) => new Probing(options).RunAsync(TestContext.Current.CancellationToken);
}
