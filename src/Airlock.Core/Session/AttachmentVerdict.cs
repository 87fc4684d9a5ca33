namespace Airlock.Core;

/// <summary>What became of a wish of an attachment.</summary>
public enum AttachmentVerdict
{
    /// <summary>It was heard (also if there was nothing to do).</summary>
    Applied,
    /// <summary>It comes from an older generation; nothing changed.</summary>
    Fenced,
    /// <summary>The session has ended, and its connection is told why; nothing changed.</summary>
    Ended,
}
