using Airlock.Lab.Commands;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Wire;
using Airlock.Lab.Wire.Cases;

namespace Airlock.Lab.Tests.Wire;

public sealed class WireRunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("wire-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_scenario_holds_if_the_fault_shows_and_nothing_else_does()
    {
        var result = Assert.Single(await RunAsync(new MiddlewareOrder()));
        Assert.Empty(result.Problems);
        Assert.Equal("holds", result.Verdict);
        Assert.Equal(["red", "clean", "green"], result.Halves.Select(static half => half.Role));
        Assert.Equal("close-codes", Assert.Single(result.Halves[0].Violations).Checker);
        Assert.Equal((5, 5, 5), (result.Halves[2].Ready, result.Halves[2].Sent, result.Halves[2].Answered));
        using var reader = File.OpenText(result.Halves[2].History!);
        var history = History.Read(reader).Entries;
        Assert.Contains(history, static e => e is { What: "move", To: "PROCESSING_READY" });
        Assert.Equal(5, history.Count(static e => e.What == "end"));
    }

    [Fact]
    public async Task A_scenario_that_would_not_notice_its_fault_does_not_hold()
    {
        var result = Assert.Single(await RunAsync(new Unnoticed()));
        Assert.Equal("fails", result.Verdict);
        Assert.Contains("would not notice the fault", Assert.Single(result.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_cannot_be_started_is_an_error_in_words()
    {
        var run = new WireRun { Hosts = Path.Combine(_folder.FullName, "nothing.dll"), Folder = _folder.FullName };
        var result = Assert.Single(await run.RunAsync([new MiddlewareOrder()], TestContext.Current.CancellationToken));
        Assert.Equal("error", result.Verdict);
        Assert.Contains("does not start", result.Problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_names_are_refused_with_the_nearest()
    {
        var (code, _, error) = await ProbeTests.RunAsync("wire", "--scenario", "cold-strat");
        Assert.Equal(ExitCodes.Unexpected, code);
        Assert.Contains("cold-start-wire", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_that_are_nowhere_are_named()
    {
        var (code, _, error) = await ProbeTests.RunAsync("wire", "--hosts", "/nowhere/hosts.dll");
        Assert.Equal(ExitCodes.Unexpected, code);
        Assert.Contains("/nowhere/hosts.dll", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_wire_scenarios_are_unique() => Assert.Distinct(AllWireScenarios.List.Select(static scenario => scenario.Name));

    private async Task<IReadOnlyList<WireResult>> RunAsync(WireScenario scenario) =>
        await new WireRun { Hosts = HostedServer.Find(), Folder = _folder.FullName }.RunAsync([scenario], TestContext.Current.CancellationToken);

    /// <summary>Its fault is of another kind than what it looks at.</summary>
    private sealed class Unnoticed : WireScenario
    {
        private readonly MiddlewareOrder _stimulus = new();

        public override string Name => "unnoticed";

        public override Suite Suite => Suite.EndToEnd;

        public override string Source => "this test";

        public override string Claim => _stimulus.Claim;

        public override LegacyFault? Fault => LegacyFault.LeakedManagers;

        public override Task RunAsync(WireWorld world) => _stimulus.RunAsync(world);
    }
}
