namespace Airlock.Core;

/// <summary>Numbers of an ended session that are lost.</summary>
/// <param name="Direction">Which way the messages went.</param>
/// <param name="From">The first.</param>
/// <param name="To">The last, or null if it is not known.</param>
public readonly record struct LostRange(Direction Direction, long From, long? To);
