namespace Airlock.Bench;

/// <summary>Something that the user can put right; the message says what it is and how.</summary>
internal sealed class BenchException(string message) : Exception(message);
