using Airlock.Lab.Scenarios.Close1011;
using Airlock.Lab.Scenarios.CloudRun;
using Airlock.Lab.Scenarios.Integration;
using Airlock.Lab.Scenarios.Neighbours;
using Airlock.Lab.Scenarios.Reproduction;

namespace Airlock.Lab.Scenarios;

/// <summary>Every scenario there is.</summary>
public static class AllScenarios
{
    /// <summary>The scenarios, in the order of their suites.</summary>
    public static IReadOnlyList<Scenario> List { get; } =
    [
        new CompetingMachines(),
        new LoadBalancerDelay(),
        new ServiceDiscovery(),
        new ColdStart(),
        new AutoScaling(),
        new PartitionOrder(),
        new PartitionOutage(),
        new HeaderStripping(),
        new SessionMiddlewareOrder(),
        new AcceptRace(),
        new AuthenticationMismatch(),
        new ServicesUnavailable(),
        new WholeLife(),
        new IllegalSkip(),
        new FiveEvents(),
        new FiveEventsSurviveCuts(),
        new NoExternalParts(),
        new FiveCallers(),
        new FiftyCallers(),
        new NoCost(),
        new TwentyFlaps(),
        new FlappingGate(),
        new GateClosesDuringAttach(),
        new StagingPattern(),
        new CollidingIds(),
        new RegisterGap(),
        new FailOpenLookup(),
        new SharedAuthentication(),
        new LeakedMachines(),
        new ReceiveAfterClose(),
        new TwoTickets(),
        new TwoResumes(),
        new LateAttempt(),
        new CloseDuringAttach(),
        new ResumeAgainstExpiry(),
        new CloseAgainstSend(),
        new DrainDuringSetup(),
        new EarlyFlush(),
        new EarlyOvertaken(),
        new FlagAfterFrame(),
        new QueueAtRest(),
        new NegativeSequence(),
        new AckBeyondSent(),
        new HalfOpenOwner(),
        new GhostLetsGo(),
        new QueueFlushesOnReady(),
        new CutAnywhere(),
        new SplitReads(),
        new SlowReader(),
        new GhostStoresLate(),
        new StoreFails(),
        new StoreFailsAfter(),
        new RepeatAfterCut(),
        new HandlerFails(),
        new StopWhileRunning(),
        new FullOutbox(),
        new RefreshAgainstExpiry(),
        new SilentPeer(),
    ];
}
