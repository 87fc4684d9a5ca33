using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace Airlock.Tests.Connections;

public sealed class ConnectionTelemetryTests
{
    [Fact]
    public async Task The_line_of_an_end_tells_what_the_connection_went_through_and_how_often()
    {
        using var server = new TestServer();
        foreach (var gate in new[] { "a", "b" })
        {
            server.Server.Gates.Declare(gate, required: false);
            server.Server.Gates.Report(gate, GateState.Open);
        }

        var peer = await server.ReadyAsync();
        server.Time.Advance(TimeSpan.FromSeconds(2));
        foreach (var (gate, state) in new[] { ("a", GateState.Failed), ("b", GateState.Failed), ("b", GateState.Open), ("b", GateState.Failed) })
        {
            server.Server.Gates.Report(gate, state);
        }

        await peer.SendAsync("{");
        await peer.ExpectClosingAsync(CloseReason.MalformedFrame, resumes: true);
        var line = await server.Log.WaitForAsync(peer.Id, "Flight record: ");
        var record = line[(line.IndexOf("Flight record: ", StringComparison.Ordinal) + 15)..].Split(" · ");
        Assert.Equal(["0ms UpgradeAccepted Connecting→Accepted", "0ms HelloReceived", "0ms AuthenticationSucceeded Accepted→Authenticated"], record[..3]);
        // The first makes it degraded, the others leave it so.
        Assert.Equal(["2000ms GatesChanged ProcessingReady→Degraded", "2000ms GatesChanged ×3", "2000ms CloseRequested Degraded→Closing"], record.Where(static entry => entry.StartsWith("2000ms", StringComparison.Ordinal)).Take(3));
    }

    [Theory]
    [InlineData("malformed", LogLevel.Information, true)]
    [InlineData("store", LogLevel.Warning, true)]
    [InlineData("bye", LogLevel.Debug, false)]
    [InlineData("cut", LogLevel.Information, true)]
    public async Task An_end_is_a_warning_if_it_is_this_servers_fault_and_has_its_record_if_it_is_anybodys(string what, LogLevel level, bool hasRecord)
    {
        using var server = new TestServer(wrapStore: store => new HeldStore(store) { Wrap = log => new FailingLog(log) { Before = call => call == "Append" && what == "store" ? throw new IOException("The disk is full.") : Task.CompletedTask } })
        { Expects = [typeof(IOException)] };
        var peer = await server.ReadyAsync();
        switch (what)
        {
            case "malformed":
                await peer.SendAsync("{");
                await peer.ExpectClosingAsync(CloseReason.MalformedFrame, resumes: true);
                break;
            case "store":
                await peer.DataAsync(1, "1");
                await peer.ExpectClosingAsync(CloseReason.StoreUnavailable, resumes: true);
                break;
            case "bye":
                await peer.ByeAsync();
                await peer.ExpectClosingAsync(CloseReason.Bye);
                break;
            default:
                peer.Stream.Cut();
                await peer.EndedAsync();
                break;
        }

        await server.Log.WaitForAsync(peer.Id, "ended: ");
        var line = Assert.Single(server.Log.Lines, line => line.Text.StartsWith($"Connection {peer.Id} ended: ", StringComparison.Ordinal));
        Assert.Equal((level, hasRecord), (line.Level, line.Text.Contains("Flight record: 0ms UpgradeAccepted", StringComparison.Ordinal)));
    }
}
