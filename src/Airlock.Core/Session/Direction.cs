namespace Airlock.Core;

/// <summary>Which way a message goes.</summary>
public enum Direction
{
    /// <summary>From client to server.</summary>
    Up,
    /// <summary>From server to client.</summary>
    Down,
}
