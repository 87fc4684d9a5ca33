namespace Airlock.Core;

/// <summary>The sizes a client must keep to.</summary>
public sealed record MessageLimits
{
    /// <summary>Bytes of one WebSocket message.</summary>
    public required int Message { get; init; }

    /// <summary>Frames in one message.</summary>
    public required int Frames { get; init; }
}
