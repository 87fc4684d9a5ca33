namespace Airlock.Lab.Checkers;

/// <summary>Every property there is.</summary>
public static class AllCheckers
{
    /// <summary>The properties, in the order of the documents.</summary>
    public static IReadOnlyList<Checker> List { get; } =
    [
        new OneMachinePerConnection(),
        new ReadyAfterTransition(),
    ];
}
