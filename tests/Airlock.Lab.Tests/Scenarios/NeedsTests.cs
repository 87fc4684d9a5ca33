using System.Text.RegularExpressions;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Tests.Reports;

namespace Airlock.Lab.Tests;

/// <summary>A scenario that uses what not every endpoint has says so: else what is missing would be called a race.</summary>
public sealed partial class NeedsTests
{
    // What a scenario's source says, and what a subject must then be able to do.
    private static readonly (Regex Uses, Capabilities Needs)[] _table =
    [
        (DrainCall(), Capabilities.Drain),
        (PushCall(), Capabilities.Push),
        (RawCall(), Capabilities.Frames),
        (StopCall(), Capabilities.Stop),
        (RefreshWord(), Capabilities.Refresh),
        (PingWord(), Capabilities.Heartbeat),
        (FailingHandler(), Capabilities.Failures),
        (FailingStore(), Capabilities.Sessions),
        (SessionWord(), Capabilities.Sessions),
        (LateService(), Capabilities.Services),
    ];

    // They let services come late, and hold as well for an endpoint that waits for none.
    private static readonly string[] _servicesDoNotMatter = ["partition-order", "early-flush", "queue-flushes-on-ready"];

    [Fact]
    public void Every_scenario_needs_what_it_uses() => Assert.All(AllScenarios.List, static scenario =>
    {
        var type = scenario.GetType();
        var sources = new[] { type, type.BaseType! }.Select(static each => $"lab/Airlock.Lab/{each.Namespace!["Airlock.Lab.".Length..].Replace('.', '/')}/{each.Name}.cs").Where(static path => File.Exists(Repository.PathOf(path)));
        var source = string.Concat(sources.Select(Repository.Read));
        var missing = _table.Where(each => each.Uses.IsMatch(source)).Aggregate(Capabilities.None, static (all, each) => all | each.Needs) & ~scenario.Needs;
        missing &= _servicesDoNotMatter.Contains(scenario.Name) ? ~Capabilities.Services : Capabilities.All;
        Assert.True(missing == Capabilities.None, $"{scenario.Name} uses {missing}, and its Needs do not say so.");
    });

    [Fact]
    public void The_scenarios_of_the_incident_are_applicable_to_its_endpoint() =>
        Assert.All(AllScenarios.List.Where(static scenario => scenario.Suite is Suite.Reproduction or Suite.Original or Suite.Close1011), static scenario => Assert.True(new LegacySubject().Capabilities.HasFlag(scenario.Needs), scenario.Name));

    [Fact]
    public void A_red_half_is_a_model_that_has_what_its_scenario_needs() =>
        Assert.All(AllScenarios.List, static scenario => Assert.True(SubjectCatalog.Find(scenario.Red).Capabilities.HasFlag(scenario.Needs), scenario.Name));

    [GeneratedRegex(@"\bworld\.DrainAsync\(")]
    private static partial Regex DrainCall();

    [GeneratedRegex(@"\bPushAsync\(")]
    private static partial Regex PushCall();

    [GeneratedRegex(@"\bSendRaw\(")]
    private static partial Regex RawCall();

    [GeneratedRegex(@"\bclient\.Stop\(")]
    private static partial Regex StopCall();

    [GeneratedRegex(@"\bRefreshes\b")]
    private static partial Regex RefreshWord();

    [GeneratedRegex(@"\bAnswersPings\b")]
    private static partial Regex PingWord();

    [GeneratedRegex(@"Application\.Failures")]
    private static partial Regex FailingHandler();

    [GeneratedRegex(@"Store\.Fail")]
    private static partial Regex FailingStore();

    [GeneratedRegex(@"\b(RepeatsAttempt|SaysGap|SessionTimeout|SessionsLost)\b|""resumed""")]
    private static partial Regex SessionWord();

    [GeneratedRegex(@"up: false")]
    private static partial Regex LateService();
}
