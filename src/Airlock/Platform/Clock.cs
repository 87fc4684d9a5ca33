namespace Airlock;

/// <summary>The driver's clock: ticks since the server was made, from the time provider's monotonic timestamp.</summary>
internal sealed class Clock(TimeProvider time)
{
    private readonly long _origin = time.GetTimestamp();

    internal TimeProvider Time => time;

    /// <summary>Now, in <see cref="TimeSpan"/> ticks.</summary>
    internal long Now => time.GetElapsedTime(_origin).Ticks;

    /// <summary>Now, in milliseconds since 1970.</summary>
    internal long Epoch => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The tick at which a wall-clock instant is reached.</summary>
    internal long TicksAt(DateTimeOffset instant) => Now + (instant - time.GetUtcNow()).Ticks;

    /// <summary>The wall-clock instant of a tick, in milliseconds since 1970.</summary>
    internal long EpochAt(long ticks) => Epoch + ((ticks - Now) / TimeSpan.TicksPerMillisecond);
}
