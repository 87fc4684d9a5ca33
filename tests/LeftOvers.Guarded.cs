using System.Runtime.CompilerServices;

namespace Airlock;

internal static partial class LeftOvers
{
    private static partial long Guarded(object owner, Func<int> count)
    {
        lock (owner switch { DeadlineQueue deadlines => LockOf(deadlines), GateBoard gates => LockOf(gates), _ => GroupLockOf((MemorySessionStore)owner) })
        {
            return count();
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lock")]
    private static extern ref Lock LockOf(DeadlineQueue deadlines);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_lock")]
    private static extern ref Lock LockOf(GateBoard gates);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_groupLock")]
    private static extern ref Lock GroupLockOf(MemorySessionStore store);
}
