namespace Airlock.Lab.Wire;

/// <summary>Something that a run over the wire needs is not there or does not work; the message says what.</summary>
/// <param name="message">What, as a sentence.</param>
internal sealed class WireException(string message) : Exception(message);
