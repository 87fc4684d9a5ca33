namespace Airlock.Lab.Running;

/// <summary>A part of an exploration that one thread runs by itself: what it finds depends on nothing but what is written here.</summary>
/// <param name="Kind">How schedules are chosen.</param>
/// <param name="TimeRaces">Whether time may pass while something else can happen.</param>
/// <param name="Seed">Decides what is random.</param>
/// <param name="SchedulesMax">How many schedules at most.</param>
/// <param name="TimeMax">How long at most, by a real clock; null for as long as it takes. With a limit the number of schedules depends on the machine.</param>
internal sealed record Portion(StrategyKind Kind, bool TimeRaces, ulong Seed, int SchedulesMax, TimeSpan? TimeMax = null)
{
    public override string ToString() => Kind.ToString().ToLowerInvariant() + (TimeRaces ? " with time racing" : "");
}
