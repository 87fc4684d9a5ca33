namespace Airlock;

/// <summary>How long tests wait in real time for what must come.</summary>
internal static class Patience
{
    /// <summary>
    /// It bounds a hang and nothing else: whatever must come in a moment has come by then even where thirty other programs keep the machine busy.
    /// A shorter limit would make a slow machine look like a fault.
    /// </summary>
    internal static readonly TimeSpan Max = TimeSpan.FromMinutes(15);
}
