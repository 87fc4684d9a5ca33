namespace Airlock.Lab.Checkers;

/// <summary>Every property there is.</summary>
public static class AllCheckers
{
    /// <summary>The properties, in the order of the documents.</summary>
    public static IReadOnlyList<Checker> List { get; } =
    [
        new OneMachinePerConnection(),
        new HistoryIsAPath(),
        new ConnectingToServicesReady(),
        new ReadyAfterTransition(),
        new NothingBeforeReady(),
        new TransportUse(),
        new DeliveredOnce(),
        new EventSequence(),
        new OneContext(),
        new EverythingEnds(),
        new SetupInTime(),
        new CloseCodes(),
        new NoErrors(),
        new FencedStore(),
        new Positions(),
        new OneContent(),
        new AcquiredOnce(),
        new OneTry(),
        new ProtocolKept(),
        new InvariantsHold(),
    ];
}
