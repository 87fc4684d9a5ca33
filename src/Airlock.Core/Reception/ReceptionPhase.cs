namespace Airlock.Core;

/// <summary>How far a connection is for the frames that its client sends.</summary>
public enum ReceptionPhase
{
    /// <summary>The client has not said <c>hello</c>.</summary>
    BeforeHello,
    /// <summary>It has; the session is not attached yet.</summary>
    Starting,
    /// <summary>The session is attached: messages go straight into it.</summary>
    Serving,
    /// <summary>The reason to close is known.</summary>
    Ending,
}
