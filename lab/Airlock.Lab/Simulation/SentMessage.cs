namespace Airlock.Lab.Simulation;

/// <summary>Shown a message that a server sends.</summary>
/// <param name="bytes">The message.</param>
public delegate void SentMessage(ReadOnlySpan<byte> bytes);
