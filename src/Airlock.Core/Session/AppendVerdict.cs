namespace Airlock.Core;

/// <summary>What storing a client's message did.</summary>
public enum AppendVerdict
{
    /// <summary>Stored; it will be handled once.</summary>
    Stored,
    /// <summary>A repeat of a stored message; nothing changed.</summary>
    Repeat,
    /// <summary>The number was used for other content; nothing changed.</summary>
    Conflict,
    /// <summary>A number was skipped; nothing changed.</summary>
    Gap,
    /// <summary>More messages would be unfinished than the window allows; nothing changed.</summary>
    WindowExceeded,
    /// <summary>It comes from an older generation; nothing changed.</summary>
    Fenced,
    /// <summary>The session has ended, and its connection is told why; nothing changed.</summary>
    Ended,
    /// <summary>The session takes no more input; nothing changed.</summary>
    InputEnded,
}
