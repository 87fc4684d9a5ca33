namespace Airlock;

internal static partial class LeftOvers
{
    /// <summary>A simulation has one thread, and nobody is in the middle of anything when it asks.</summary>
    private static partial long Guarded(object owner, Func<int> count) => count();
}
