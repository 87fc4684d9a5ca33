namespace Airlock.Core;

/// <summary>What a write of the server's side did.</summary>
public enum TurnVerdict
{
    /// <summary>Applied.</summary>
    Applied,
    /// <summary>The outbox is full; nothing changed. Try again when the client has acknowledged.</summary>
    Full,
    /// <summary>The caller's try is not the live one, or the session has ended; nothing changed.</summary>
    Fenced,
}
