using System.Globalization;
using System.Text;

namespace Airlock.Lab.Reports;

/// <summary>The test plan as a document: each test that the post-mortem names, the scenarios that stand for it, both halves and their verdicts.</summary>
/// <remarks>Of a run of all scenarios. What varies from run to run, counts and durations, is not in it.</remarks>
internal static class TestPlan
{
    // The post-mortem's tests in its order, each with the scenarios that stand for it.
    private static readonly (string Group, string Test, string[] Scenarios)[] _tests =
    [
        ("1 Race condition reproduction", "Multiple competing state machines", ["competing-machines"]),
        ("1 Race condition reproduction", "Invalid state transition, CONNECTING → SERVICES_READY", ["connecting-to-services-ready", "skipped-states"]),
        ("1 Race condition reproduction", "Phase overlap, phase 1 against phase 4", ["phase-overlap"]),
        ("1 Race condition reproduction", "Message processing before accept", ["message-before-accept"]),
        ("1 Race condition reproduction", "Concurrent context creation", ["concurrent-contexts"]),
        ("1 Race condition reproduction", "The incident's log, line by line", ["incident"]),
        ("2 Cloud Run", "Load balancer routing race", ["load-balancer-delay"]),
        ("2 Cloud Run", "Container start-up and service discovery race", ["service-discovery", "cold-start"]),
        ("2 Cloud Run", "Auto-scaling, concurrent connections", ["auto-scaling"]),
        ("2 Cloud Run", "Network partition, message ordering", ["partition-order", "partition-outage"]),
        ("3 Close code 1011", "SessionMiddleware ordering", ["session-middleware-order"]),
        ("3 Close code 1011", "Accept race", ["accept-race"]),
        ("3 Close code 1011", "Authentication validation mismatch", ["authentication-mismatch"]),
        ("3 Close code 1011", "Services unavailable", ["services-unavailable"]),
        ("4 Original suite", "Competing state machines", ["original-competing-machines", "competing-ids"]),
        ("4 Original suite", "Invalid state transition", ["original-skipped-states"]),
        ("4 Original suite", "Phase overlap", ["original-phase-overlap"]),
        ("4 Original suite", "Message before accept", ["original-message-before-accept"]),
        ("4 Original suite", "Concurrent contexts", ["original-concurrent-contexts"]),
        ("5 Integration", "Lifecycle state machine", ["whole-life", "illegal-skip"]),
        ("5 Integration", "Event sequence during races", ["five-events", "five-events-survive-cuts"]),
        ("5 Integration", "State coordination without Docker", ["no-external-parts"]),
        ("6 End to end, staging", "Cloud Run races, concurrent connects", ["auto-scaling", "staging-pattern"]),
        ("6 End to end, staging", "Sending immediately after the connect", ["early-flush"]),
        ("6 End to end, staging", "Load balancer header stripping, sub-protocol instead", ["header-stripping"]),
        ("6 End to end, staging", "Real authentication flow with 1011", ["authentication-mismatch"]),
        ("7 The solution", "Single Coordination State Machine, effectiveness: five callers race one connection", ["five-callers"]),
        ("7 The solution", "Coordination overhead (below 100 ms and 50 %)", ["no-cost"]),
        ("7 The solution", "High concurrency: fifty callers race one connection, and fifty", ["fifty-callers"]),
        ("7 The solution", "Flapping connections and services", ["twenty-flaps", "flapping-gate"]),
    ];

    /// <summary>The scenarios that stand for a test of the post-mortem.</summary>
    public static IEnumerable<string> Named => _tests.SelectMany(static test => test.Scenarios).Distinct();

    /// <summary>Writes the plan.</summary>
    /// <param name="report">A run of all scenarios, both halves.</param>
    public static string Write(Report report)
    {
        var results = report.Scenarios.ToDictionary(static scenario => scenario.Name);
        var text = new StringBuilder("""
            # Test plan

            Made by `airlock-lab run --test-plan docs/test-plan.md`; `./test` compares it with what its own run makes.

            Each test that the [incident](incident.md)'s post-mortem names is one or more scenarios of the [lab](lab.md). A scenario has two halves. The **red half** is a subject with exactly one fault,
            or with the few that only together show the race: it must violate the scenario's invariant within 100 schedules (and where the legacy model can do without the fault, it must then violate
            nothing). The **green half** is the production driver as shipped: no checker may object. A scenario holds only if both halves do.

            """);
        text.Append(CultureInfo.InvariantCulture, $"{FaultTable.Legend} The [incident](incident.md#whose-fault) lists them all.\n");
        foreach (var group in _tests.GroupBy(static test => test.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| test | scenario | must hold | invariant | red half | red | green | verdict |\n|---|---|---|---|---|---|---|---|\n");
            foreach (var (_, test, scenarios) in group)
            {
                foreach (var name in scenarios)
                {
                    text.Append(results.TryGetValue(name, out var result) ? Row(test, result) : $"| {test} | `{name}` | | | | | | not run |\n");
                }
            }
        }

        if (report.Wire is { } wire)
        {
            text.Append("\n## Over the wire\n\nThe same invariants over real sockets, proxies and processes (`airlock-lab wire`); a red half there is the legacy model on Kestrel.\n\n| from | scenario | must hold | invariant | red half |\n|---|---|---|---|---|\n");
            foreach (var scenario in wire.Scenarios)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {scenario.Source} | `{scenario.Name}` | {scenario.Claim} | `{scenario.Invariant}` | {(scenario.RedHalf is { } red ? $"`{red}`{FaultTable.MarkOf(red)}" : "none: only reported or judged")} |\n");
            }
        }

        var others = report.Scenarios.Where(static scenario => !Named.Contains(scenario.Name)).ToList();
        text.Append(CultureInfo.InvariantCulture, $"\n## Beyond the post-mortem\n\n{others.Count} scenarios more, from its neighbourhood, from other servers' issues and from the driver's own promises.\n\n| from | scenario | must hold | invariant | red half | red | green | verdict |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var scenario in others)
        {
            text.Append(Row(scenario.Source, scenario));
        }

        return text.ToString();
    }

    private static string Row(string test, ScenarioResult scenario) =>
        $"| {test} | `{scenario.Name}` | {scenario.Claim} | `{scenario.Invariant}` | `{scenario.RedHalf}`{FaultTable.MarkOf(scenario.RedHalf)} | {(scenario.Red is null ? "not run" : scenario.Red.Checker is { } red ? $"violates `{red}`" : "not red")} | {(scenario.Green.Checker is { } green ? $"violates `{green}`" : "violates nothing")} | {(scenario.Holds ? "holds" : "**does not hold**")} |\n";
}
