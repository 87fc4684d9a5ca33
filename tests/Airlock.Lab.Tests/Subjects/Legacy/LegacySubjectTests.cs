using System.Text.RegularExpressions;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scenarios.Reproduction;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Tests.Subjects.Legacy;

public sealed partial class LegacySubjectTests
{
    private const ulong Seed = 163;
    private static readonly LegacyFault[] _headline = [LegacyFault.FreshMachine, LegacyFault.IgnoredTransitions, LegacyFault.SilentReturn];

    /// <summary>The scenarios whose red half is the legacy model's.</summary>
    public static TheoryData<string> Scenarios => [.. AllScenarios.List.Where(static s => s.Red.Fault is not null).Select(static s => s.Name)];

    /// <summary>Every fault there is.</summary>
    public static TheoryData<LegacyFault> Faults => [.. Enum.GetValues<LegacyFault>().Where(static fault => int.PopCount((int)fault) == 1)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Without_faults_nothing_is_violated(string name)
    {
        var scenario = AllScenarios.List.Single(s => s.Name == name);
        var random = new RandomStrategy(Seed);
        for (var i = 0; i < 20; i++)
        {
            random.BeginRun();
            var run = Run.Once(scenario, new LegacySubject(LegacyFault.None), random, timeRaces: i % 2 == 1);
            Assert.True(run.Violations.Count == 0, $"{run.Schedule}: {string.Join(" | ", run.Violations)}");
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Each_fault_alone_violates_what_a_scenario_claims(LegacyFault fault)
    {
        var scenarios = AllScenarios.List.Where(s => s.Red.Fault == fault).ToArray();
        Assert.NotEmpty(scenarios);
        foreach (var scenario in scenarios)
        {
            var random = new RandomStrategy(Seed);
            var seen = new HashSet<string>();
            var isViolated = false;
            for (var i = 0; i < 100 && !isViolated; i++)
            {
                random.BeginRun();
                var run = Run.Once(scenario, new LegacySubject(fault), random, timeRaces: i % 2 == 1);
                isViolated = run.Violates(scenario.Invariant.Name);
                seen.UnionWith(run.Violations.Select(static v => v.ToString()));
            }

            Assert.True(isViolated, $"{scenario.Name}: no run of the first 100 violates {scenario.Invariant.Name}, only: {string.Join(" | ", seen)}");
        }
    }

    [Fact]
    public void The_incident_logs_what_the_post_mortem_quotes_and_what_it_does_not()
    {
        var run = Run.Replay(new Incident(), new LegacySubject(), Schedule.Parse("-"));
        var lines = run.Trace.Of(TraceKind.Logged).ToArray();
        var id = ClientId().Match(lines[0].To!).Value;
        Assert.NotEqual("", id);
        Assert.Equal(
            [
                ("WARNING", $"Invalid state transition for {id}: ApplicationConnectionState.CONNECTING -> ApplicationConnectionState.AUTHENTICATED", 0),
                ("ERROR", $"Failed to transition to AUTHENTICATED for {id}", 0),
                ("WARNING", $"Invalid state transition for {id}: ApplicationConnectionState.CONNECTING -> ApplicationConnectionState.SERVICES_READY", 1),
                ("ERROR", $"Failed to transition to SERVICES_READY for {id}", 2),
                ("ERROR", $"Connection {id} state machine never reached ready state: ApplicationConnectionState.CONNECTING", 3),
                ("ERROR", "This indicates accept() race condition - connection cannot process messages", 4),
            ],
            lines.Select(static line => (line.Name!, line.To!, PostMortem.LineOf(line))));
        Assert.Equal(lines[2].At, lines[3].At);
        Assert.Equal(lines[4].At, lines[5].At);
        Assert.Equal(TimeSpan.FromSeconds(1), lines[4].At - lines[3].At);
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Each_refusal_of_a_step_is_in_the_log(string name)
    {
        var scenario = AllScenarios.List.Single(s => s.Name == name);
        var random = new RandomStrategy(Seed);
        for (var i = 0; i < 10; i++)
        {
            random.BeginRun();
            var run = Run.Once(scenario, new LegacySubject(), random, timeRaces: i % 2 == 1);
            Assert.Equal(
                run.Trace.Of(TraceKind.MoveRefused).Select(static e => (e.Step, Text: $"Invalid state transition for {e.Name}: ApplicationConnectionState.{e.From} -> ApplicationConnectionState.{e.To}")),
                run.Trace.Of(TraceKind.Logged).Where(static e => e.Name == "WARNING").Select(static e => (e.Step, Text: e.To!)));
        }
    }

    /// <summary>Every way to leave out at least one of the headline's three faults.</summary>
    public static TheoryData<LegacyFault> PartsOfHeadline =>
        [.. Enumerable.Range(0, 7).Select(static part => _headline.Where((_, i) => (part & (1 << i)) != 0).Aggregate(LegacyFault.None, static (all, fault) => all | fault))];

    [Theory]
    [MemberData(nameof(PartsOfHeadline))]
    public void Without_any_one_of_its_three_faults_the_headline_is_not_logged(LegacyFault faults) =>
        Assert.All(RunsOf(faults), static run => Assert.All(ConnectionsOf(run), connection => Assert.NotEqual([1, 2, 3, 4], PostMortem.LinesOf(run.Trace.Events, connection))));

    [Fact]
    public void The_headline_is_logged_line_by_line_for_each_connection_under_every_schedule()
    {
        Assert.Equal(ConnectingToServicesReady.Headline, _headline.Aggregate(static (all, fault) => all | fault));
        Assert.All(RunsOf(ConnectingToServicesReady.Headline), static run =>
        {
            Assert.True(run.Violates("connecting-to-services-ready"), run.Schedule.ToString());
            Assert.All(ConnectionsOf(run), connection => Assert.Equal([1, 2, 3, 4], PostMortem.LinesOf(run.Trace.Events, connection)));
        });
    }

    [Fact]
    public void Of_each_fault_it_is_said_whose_it_is() =>
        Assert.All(FaultTable.Faults, static fault =>
        {
            var origin = OriginAttribute.Of(fault);
            Assert.Equal(origin.Origin != FaultOrigin.Endpoint, origin.Reason.Length > 0);
            Assert.Equal(origin.Origin == FaultOrigin.Endpoint ? "" : FaultTable.Mark, FaultTable.MarkOf($"legacy:{fault}"));
        });

    [Fact]
    public void The_incident_has_four_ids_and_three_machines()
    {
        var run = Run.Replay(new Incident(), new LegacySubject(), Schedule.Parse("-"));
        Assert.Equal(3, run.Trace.Of(TraceKind.MachineMade).Count());
        Assert.Equal(["ws_init_1767225600", "ws_1767225600100_1"], run.Trace.Of(TraceKind.MachineMade).Select(static made => made.Name!).Take(2));
        Assert.StartsWith("10594514:", run.Trace.Of(TraceKind.Acquired).Single().To, StringComparison.Ordinal);
        Assert.Equal(["SERVICES_READY", "AUTHENTICATED"], run.Trace.Of(TraceKind.MoveRefused).Select(static refused => refused.To!).Reverse());
    }

    [Fact]
    public void The_incident_told_its_client_that_it_was_ready_and_lost_the_message()
    {
        var run = Run.Replay(new Incident(), new LegacySubject(), Schedule.Parse("-"));
        Assert.Single(run.Trace.Of(TraceKind.ClientReady));
        Assert.Empty(run.Trace.Of(TraceKind.HandlingBegan));
        Assert.Equal(1006, run.Trace.Of(TraceKind.ClientClosed).Single().Number);
    }

    [Fact]
    public void A_refused_client_is_told_a_code_that_it_can_act_on()
    {
        Assert.Equal([1008, 1008, 1008, 1013], new[] { "malformed", "expired", "somebody", "user:alice" }.Select(static token => CloseOf(LegacyFault.None, token)));
        Assert.Equal([1011, 1011, 1011, 1011], new[] { "malformed", "expired", "somebody", "user:alice" }.Select(static token => CloseOf(LegacyFault.AuthenticationAs1011, token)));
    }

    [Fact]
    public void A_receive_before_the_accept_says_what_the_framework_said()
    {
        var random = new RandomStrategy(Seed);
        random.BeginRun();
        var run = Run.Once(new PhaseOverlap(), new LegacySubject(LegacyFault.PhaseOverlap), random, timeRaces: false);
        Assert.Contains(run.Trace.Of(TraceKind.Logged), static line => line.To == "WebSocket is not connected. Need to call \"accept\" first.");
    }

    // Without time racing: where a deadline may strike at any moment a connection may also be refused in time.
    private static IEnumerable<Run> RunsOf(LegacyFault faults)
    {
        var random = new RandomStrategy(Seed);
        for (var i = 0; i < 50; i++)
        {
            random.BeginRun();
            yield return Run.Once(new ConnectingToServicesReady(), new LegacySubject(faults), random, timeRaces: false);
        }
    }

    private static IEnumerable<string> ConnectionsOf(Run run) => run.Trace.Of(TraceKind.Dialed).Select(static e => e.Connection);

    private static long CloseOf(LegacyFault faults, string token)
    {
        var scheduler = new Scheduler(new ReplayStrategy(Schedule.Parse("-")));
        var world = new World(scheduler, new LegacySubject(faults));
        scheduler.Run(async () =>
        {
            await world.StartServerAsync();
            world.Authority.IsDown = token == "user:alice";
            var client = world.NewClient("alice");
            client.Token = token;
            Assert.False(await client.ConnectAsync());
            await world.FinishAsync();
        });
        return world.Trace.Of(TraceKind.ClientClosed).Single().Number;
    }

    [GeneratedRegex("ws_10594514_[0-9]{10}_[0-9a-f]{8}")]
    private static partial Regex ClientId();
}
