using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Airlock.Core;

namespace Airlock.Tests.Harness;

/// <summary>What a server still holds, in words and numbers; nothing of what is zero. Whatever is taken for a connection, a turn or a session is given back at its end, whichever way it ended.</summary>
internal static class LeftOvers
{
    internal static IEnumerable<string> OfConnections(AirlockServer server, Endpoint endpoint) => NotZero(
        ("connections", server.ConnectionCount),
        ("user slots", endpoint.UserLimit.Count),
        ("address slots", endpoint.AddressLimit.Count),
        ("slots of the refused", server.AcceptedToRefuse.Count),
        ("gate watchers", server.Gates.WatcherCount));

    internal static IEnumerable<string> OfTurns(AirlockServer server) => NotZero(
        ("waits for gates", Locked(() => Waiting(server.Gates).Count, LockOf(server.Gates))),
        ("places", server.TurnPlaces?.Taken ?? 0),
        ("waits for places", server.TurnPlaces?.Waiting ?? 0),
        ("alarms of connections", Alarms(server.Deadlines)));

    internal static IEnumerable<string> OfSessions(MemorySessionStore store) => NotZero(
        ("sessions", store.Count),
        ("sessions counted", store.Census.Live),
        ("detached sessions counted", store.Census.Detached),
        ("addresses of sessions", store.Addresses.Count),
        ("groups", Locked(() => Groups(store).Count, GroupLockOf(store))),
        ("alarms of sessions", Alarms(DeadlinesOf(store))));

    /// <summary>Ends every session, as an operator does who wants to be rid of them.</summary>
    internal static void EndSessions(MemorySessionStore store)
    {
        foreach (var session in Sessions(store).Values)
        {
            session.End(CloseReason.SessionEnded);
        }
    }

    /// <summary>Checks what holds of a store between any two calls, and of each of its sessions.</summary>
    internal static void CheckInvariants(MemorySessionStore store)
    {
        DeadlinesOf(store).CheckInvariants();
        foreach (var session in Sessions(store).Values)
        {
            session.CheckInvariants();
        }
    }

    /// <summary>How many sessions of a store are going to expire.</summary>
    internal static long AlarmsOf(MemorySessionStore store) => Alarms(DeadlinesOf(store));

    /// <summary>Whether somebody is at a connection's mailbox.</summary>
    internal static bool IsAtMailbox(Connection connection) => Volatile.Read(ref Draining(connection));

    /// <summary>How many alarms are set: places of alarms that ring no more, or were set anew, are only waiting to be thrown away.</summary>
    internal static long Alarms(DeadlineQueue deadlines) => Locked(
        () => QueueOf(deadlines).UnorderedItems.Where(static place => place.Element.Due != long.MaxValue).Select(static place => place.Element).Distinct().Count(), LockOf(deadlines));

    private static IEnumerable<string> NotZero(params (string What, long Count)[] counts) => counts.Where(static c => c.Count != 0).Select(static c => $"{c.What} {c.Count}");

    private static long Locked(Func<int> count, Lock guard)
    {
        lock (guard)
        {
            return count();
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_draining")]
    private static extern ref bool Draining(Connection connection);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_queue")]
    private static extern ref PriorityQueue<DeadlineQueue.Alarm, long> QueueOf(DeadlineQueue deadlines);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lock")]
    private static extern ref Lock LockOf(DeadlineQueue deadlines);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_waiting")]
    private static extern ref HashSet<TaskCompletionSource> Waiting(GateBoard gates);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lock")]
    private static extern ref Lock LockOf(GateBoard gates);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_deadlines")]
    private static extern ref DeadlineQueue DeadlinesOf(MemorySessionStore store);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sessions")]
    private static extern ref ConcurrentDictionary<string, MemorySession> Sessions(MemorySessionStore store);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_groups")]
    private static extern ref Dictionary<string, HashSet<MemorySession>> Groups(MemorySessionStore store);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_groupLock")]
    private static extern ref Lock GroupLockOf(MemorySessionStore store);
}
