namespace Airlock.Core;

/// <summary>One line of a connection's <see cref="FlightRecord"/>.</summary>
/// <param name="At">When, in ticks of the driver's clock (of the first, if <paramref name="Count"/> &gt; 1).</param>
/// <param name="Event">What happened.</param>
/// <param name="From">The state before.</param>
/// <param name="To">The state after.</param>
/// <param name="Refused">Why it was refused, or null.</param>
/// <param name="Reason">The close reason that it carried or led to, if any.</param>
/// <param name="Count">How many equal events in the same state this line stands for.</param>
public readonly record struct FlightEntry(long At, EventKind Event, ConnectionState From, ConnectionState To, Refusal? Refused, CloseReason? Reason, int Count);
