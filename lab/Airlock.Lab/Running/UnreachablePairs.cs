using Airlock.Core;

namespace Airlock.Lab.Running;

/// <summary>The pairs of state and event that the driver cannot put to the transition table, each with its reason. If one of them happens, the list is wrong and the run does not hold.</summary>
internal static class UnreachablePairs
{
    /// <summary>The pairs and why.</summary>
    public static IReadOnlyDictionary<(ConnectionState State, EventKind Kind), string> All { get; } = new Dictionary<(ConnectionState, EventKind), string>();
}
