using System.Globalization;

namespace Airlock;

/// <summary>How long tests wait in real time for what must come.</summary>
internal static class Patience
{
    /// <summary>
    /// It bounds a hang and nothing else: whatever must come in a moment has come by then even where thirty other programs keep the machine busy.
    /// A shorter limit would make a slow machine look like a fault. AIRLOCK_PATIENCE, in seconds, is for runs in which most hangs are wanted:
    /// <c>./mutate</c> breaks the product hundreds of times.
    /// </summary>
    internal static readonly TimeSpan Max =
        int.TryParse(Environment.GetEnvironmentVariable("AIRLOCK_PATIENCE"), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.FromMinutes(15);
}
