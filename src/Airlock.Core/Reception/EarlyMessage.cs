namespace Airlock.Core;

/// <summary>A client's message that came before <c>ready</c>.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Id">Its idempotency key.</param>
/// <param name="Payload">Its payload.</param>
/// <param name="TraceParent">What the client was doing, or null.</param>
public readonly record struct EarlyMessage(long Sequence, string Id, ReadOnlyMemory<byte> Payload, string? TraceParent);
