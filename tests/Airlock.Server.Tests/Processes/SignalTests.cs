using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Airlock.Server.Tests.Processes;

/// <summary>How the server ends when a terminal or a container's host tells it to. What it may wait for at most is an hour here, so that every wait for nothing is seen.</summary>
public sealed class SignalTests
{
    private static readonly (string Name, string Value)[] _hours = [("Airlock:DrainTimeout", "01:00:00"), ("shutdownTimeoutSeconds", "7200")];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_it_without_a_wait_for_tabs_that_are_idle_or_asleep(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals");
        Assert.SkipWhen(signal == "INT" && IsInterruptIgnored(), "SIGINT is ignored in what runs these tests, and a process that it starts inherits that.");
        await using var server = await ServerProcess.StartAsync(_hours);
        using var asleep = await ReadyAsync(server);
        using var answering = await ReadyAsync(server);
        var closed = UntilAsync(answering, "closing");
        await server.SignalAsync(signal);
        Assert.Equal("moved", (string?)(await closed)["cause"]);
        Assert.Equal(0, await server.ExitedAsync());
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_second_signal_ends_it_in_the_middle_of_an_answer(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals");
        Assert.SkipWhen(signal == "INT" && IsInterruptIgnored(), "SIGINT is ignored in what runs these tests, and a process that it starts inherits that.");
        await using var server = await ServerProcess.StartAsync([.. _hours, ("Agent:Pace", "00:00:01")]);
        using var busy = await ReadyAsync(server);
        await SendAsync(busy, """{"t":"data","s":1,"id":"asked","b":{"type":"ask","text":"What did it cost?"}}""");
        await UntilAsync(busy, "data");
        await server.SignalAsync(signal);
        await UntilAsync(busy, "drain");
        await UntilAsync(busy, "data");
        await server.SignalAsync(signal);
        Assert.Equal(0, await server.ExitedAsync());
    }

    /// <summary>A shell without job control starts what it runs in the background so.</summary>
    private static bool IsInterruptIgnored()
    {
        const string Status = "/proc/self/status";
        var ignored = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(static line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) : null;
        const ulong Interrupt = 1UL << 1;
        return ignored is not null && (Convert.ToUInt64(ignored["SigIgn:".Length..].Trim(), 16) & Interrupt) != 0;
    }

    private static async Task<ClientWebSocket> ReadyAsync(ServerProcess server)
    {
        var (_, token) = await server.SignInAsync("operator");
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("airlock.v1");
        await socket.ConnectAsync(server.Socket, Stop);
        await SendAsync(socket, $$$"""{"t":"hello","v":1,"client":"test/1","instance":"i","auth":{"token":"{{{token}}}"}}""");
        await UntilAsync(socket, "ready");
        return socket;
    }

    private static Task SendAsync(ClientWebSocket socket, string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Stop);

    private static async Task<JsonNode> UntilAsync(ClientWebSocket socket, string type)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, Stop).WaitAsync(ServerProcess.Patience, Stop);
            Assert.True(received is { MessageType: WebSocketMessageType.Text, EndOfMessage: true }, $"Waiting for '{type}': {received.MessageType} {socket.CloseStatus}");
            var message = JsonNode.Parse(buffer.AsSpan(0, received.Count))!;
            if ((message is JsonArray several ? several : [message]).FirstOrDefault(frame => (string?)frame!["t"] == type) is { } found)
            {
                return found;
            }
        }
    }
}
