namespace Airlock.Core;

/// <summary>The counters of a session; an ended session keeps them as its tombstone.</summary>
/// <param name="Stored">Highest client number stored.</param>
/// <param name="Done">Highest client number finished.</param>
/// <param name="Appended">Highest server number given out.</param>
/// <param name="Acked">Highest server number acknowledged.</param>
public readonly record struct SessionPositions(long Stored, long Done, long Appended, long Acked);
