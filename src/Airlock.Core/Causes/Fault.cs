namespace Airlock.Core;

/// <summary>Who has to change something after a connection ended for a <see cref="CloseReason"/>.</summary>
public enum Fault
{
    /// <summary>An ordinary end.</summary>
    Nobody,
    /// <summary>The client or its user.</summary>
    Client,
    /// <summary>The server or something it depends on.</summary>
    Server,
    /// <summary>Something in between.</summary>
    Network,
}
