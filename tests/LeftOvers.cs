using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Airlock.Core;

namespace Airlock;

/// <summary>What a server still holds, in words and numbers; nothing of what is zero. Whatever is taken for a connection, a turn or a session is given back at its end, whichever way it ended.</summary>
/// <remarks>One list for all who ask at an end: the tests of the server and of ASP.NET Core's part, and the race lab. Where threads run, <see cref="Guarded"/> takes the lock that guards what is read; the lab has one thread.</remarks>
internal static partial class LeftOvers
{
    internal static IEnumerable<string> OfConnections(AirlockServer server, params IEnumerable<Endpoint> endpoints) => NotZero(
        ("connections", server.ConnectionCount),
        ("user slots", endpoints.Sum(static endpoint => endpoint.Scope.UserLimit.Count)),
        ("address slots", endpoints.Sum(static endpoint => endpoint.Scope.AddressLimit.Count)),
        ("slots of the refused", server.Scope.AcceptedToRefuse.Count),
        ("gate watchers", server.Gates.WatcherCount));

    internal static IEnumerable<string> OfTurns(AirlockServer server) => NotZero(
        ("waits for gates", Guarded(server.Gates, () => Waiting(server.Gates).Count)),
        ("places", server.Scope.TurnPlaces?.Taken ?? 0),
        ("waits for places", server.Scope.TurnPlaces?.Waiting ?? 0),
        ("alarms of connections", Alarms(server.Platform.Deadlines)));

    internal static IEnumerable<string> OfSessions(MemorySessionStore store) => NotZero(
        ("sessions", store.Count),
        ("sessions counted", store.Census.Live),
        ("detached sessions counted", store.Census.Detached),
        ("addresses of sessions", store.Addresses.Count),
        ("groups", Guarded(store, () => Groups(store).Count)),
        ("alarms of sessions", Alarms(DeadlinesOf(store))));

    /// <summary>Ends every session, as an operator does who wants to be rid of them.</summary>
    internal static void EndSessions(MemorySessionStore store)
    {
        foreach (var session in Sessions(store).Values)
        {
            session.End(CloseReason.SessionEnded);
        }
    }

    /// <summary>Checks what holds of a server between any two calls, and of its store.</summary>
    internal static void CheckInvariants(AirlockServer server, MemorySessionStore store)
    {
        server.Platform.Deadlines.CheckInvariants();
        server.Gates.CheckInvariants();
        CheckInvariants(store);
    }

    /// <summary>Checks what holds of a store between any two calls, and of each of its sessions.</summary>
    internal static void CheckInvariants(MemorySessionStore store)
    {
        DeadlinesOf(store).CheckInvariants();
        // Not the values, which are a copy.
        foreach (var (_, session) in Sessions(store))
        {
            session.CheckInvariants();
        }
    }

    /// <summary>How many sessions of a store are going to expire.</summary>
    internal static long AlarmsOf(MemorySessionStore store) => Alarms(DeadlinesOf(store));

    /// <summary>Whether somebody is at a connection's mailbox.</summary>
    internal static bool IsAtMailbox(Connection connection) => Volatile.Read(ref IsAttended(MailboxOf(connection)));

    /// <summary>How many alarms are set: places of alarms that ring no more, or were set anew, are only waiting to be thrown away.</summary>
    internal static long Alarms(DeadlineQueue deadlines) => Guarded(
        deadlines, () => QueueOf(deadlines).UnorderedItems.Where(static place => place.Element.Due != long.MaxValue).Select(static place => place.Element).Distinct().Count());

    private static IEnumerable<string> NotZero(params (string What, long Count)[] counts) => counts.Where(static c => c.Count != 0).Select(static c => $"{c.What} {c.Count}");

    /// <summary>Counts under the lock that guards it.</summary>
    private static partial long Guarded(object owner, Func<int> count);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_mailbox")]
    private static extern ref Mailbox MailboxOf(Connection connection);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_isAttended")]
    private static extern ref bool IsAttended(Mailbox mailbox);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_queue")]
    private static extern ref PriorityQueue<DeadlineQueue.Alarm, long> QueueOf(DeadlineQueue deadlines);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_waiting")]
    private static extern ref HashSet<TaskCompletionSource> Waiting(GateBoard gates);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_deadlines")]
    private static extern ref DeadlineQueue DeadlinesOf(MemorySessionStore store);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sessions")]
    private static extern ref ConcurrentDictionary<string, MemorySession> Sessions(MemorySessionStore store);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_groups")]
    private static extern ref Dictionary<string, HashSet<MemorySession>> Groups(MemorySessionStore store);
}
