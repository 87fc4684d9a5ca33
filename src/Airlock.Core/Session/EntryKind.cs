namespace Airlock.Core;

/// <summary>The numbered frames a server sends.</summary>
public enum EntryKind
{
    /// <summary>An application message.</summary>
    Data,
    /// <summary>What a try streamed is final.</summary>
    End,
    /// <summary>What a try streamed is withdrawn.</summary>
    Void,
    /// <summary>A client's message will not be processed.</summary>
    Nack,
    /// <summary>Pushes that did not fit here and will not come.</summary>
    Gap,
}
