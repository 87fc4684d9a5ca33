using System.Globalization;
using System.Text;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Subjects.Mutants;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Reports;

/// <summary>The test plan as a document: each test that the post-mortem names, the scenarios that stand for it, both halves and their verdicts.</summary>
/// <remarks>The same sources give the same text: seed and number of schedules are fixed, and no duration is in it.</remarks>
internal static class TestPlan
{
    /// <summary>How many schedules each half gets, half of them with time racing.</summary>
    public const int Schedules = 100;

    private const ulong Seed = 1;

    // The post-mortem's tests in its order, each with the scenarios that stand for it.
    private static readonly (string Group, string Test, string[] Scenarios)[] _tests =
    [
        ("1 Race condition reproduction", "Multiple competing state machines", ["competing-machines"]),
        ("1 Race condition reproduction", "Invalid state transition, CONNECTING → SERVICES_READY", ["skipped-states"]),
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
        ("7 The solution", "Single Coordination State Machine: one of five callers wins", ["five-callers"]),
        ("7 The solution", "Coordination overhead (below 100 ms and 50 %)", ["no-cost"]),
        ("7 The solution", "High concurrency, fifty callers", ["fifty-callers"]),
        ("7 The solution", "Flapping connections and services", ["twenty-flaps", "flapping-gate"]),
    ];

    /// <summary>Writes the plan. Runs every scenario that it names.</summary>
    /// <param name="catalog">Where scenarios are found.</param>
    public static string Write(ScenarioCatalog catalog)
    {
        var verdicts = _tests.SelectMany(static test => test.Scenarios).Distinct().Select(catalog.Find).ToDictionary(static scenario => scenario.Name, Judge);
        var text = new StringBuilder($"""
            # Test plan

            Made by `airlock-lab list --test-plan docs/test-plan.md`; a test compares it with what the lab makes now.

            Each test that the [incident](incident.md)'s post-mortem names is one or more scenarios of the [lab](lab.md). A scenario has two halves. The **red half** is a subject with exactly one fault:
            it must violate the scenario's invariant within {Schedules} schedules (and where the legacy model can do without the fault, it must then violate nothing). The **green half** is the production
            driver as shipped: no checker may object. A scenario holds only if both halves do. Verdicts here: {Schedules} random schedules a half, half of them with time racing, seed {Seed};
            `airlock-lab run` explores far more.

            """);
        foreach (var group in _tests.GroupBy(static test => test.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| test | scenario | must hold | invariant | red half | red | green | verdict |\n|---|---|---|---|---|---|---|---|\n");
            foreach (var (_, test, scenarios) in group)
            {
                foreach (var scenario in scenarios.Select(catalog.Find))
                {
                    var verdict = verdicts[scenario.Name];
                    text.Append(CultureInfo.InvariantCulture, $"| {test} | `{scenario.Name}` | {scenario.Claim} | `{scenario.Invariant.Name}` | `{SubjectCatalog.Find(scenario.Red).Name}` | {verdict.Red} | {verdict.Green} | {(verdict.Holds ? "holds" : "**does not hold**")} |\n");
                }
            }
        }

        var others = catalog.All.Where(scenario => !verdicts.ContainsKey(scenario.Name)).ToList();
        text.Append(CultureInfo.InvariantCulture, $"\n## Beyond the post-mortem\n\n{others.Count} scenarios more, from its neighbourhood, from other servers' issues and from the driver's own promises; `airlock-lab run` judges them with the rest.\n\n| scenario | must hold | invariant | red half | source |\n|---|---|---|---|---|\n");
        foreach (var scenario in others)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{scenario.Name}` | {scenario.Claim} | `{scenario.Invariant.Name}` | `{SubjectCatalog.Find(scenario.Red).Name}` | {scenario.Source} |\n");
        }

        return text.ToString();
    }

    private static (string Red, string Green, bool Holds) Judge(Scenario scenario)
    {
        var isRed = scenario.Red.Fault is { } fault
            ? Explore(scenario, fault, scenario.Invariant.Name) is not null
            : IsRed(scenario, scenario.Red.Mutation!);
        var clean = scenario.Red.Fault is null ? null : Explore(scenario, LegacyFault.None, null);
        var green = Explore(scenario, null, null);
        return (
            (isRed, clean) switch { (false, _) => "not red", (_, not null) => $"violates {clean} without the fault too", _ => "violates it" },
            green is null ? "violates nothing" : $"violates {green}",
            isRed && clean is null && green is null);
    }

    // The first checker that objects, or null.
    private static string? Explore(Scenario scenario, LegacyFault? fault, string? invariant)
    {
        var explorer = fault is { } some ? new Explorer(scenario, () => new LegacySubject(some), invariant) : new Explorer(scenario, static () => new AirlockSubject(), invariant);
        foreach (var timeRaces in (bool[])[false, true])
        {
            var found = explorer.Explore(new Portion(StrategyKind.Random, timeRaces, Seed, Schedules / 2), shareMax: 1);
            if (found.Error is not null || found.First is not null)
            {
                return found.First?.Violations[0].Checker ?? "nothing, it broke";
            }
        }

        return null;
    }

    private static bool IsRed(Scenario scenario, string mutation)
    {
        using var mutant = Mutant.Of(mutation);
        return mutant.Explore(scenario, Seed, Schedules, stopAtFirst: true).First > 0;
    }
}
