namespace Airlock.Core;

/// <summary>What a session may contain beyond the first version of the protocol. Fixed by the <c>can</c> of the <c>hello</c> that made it.</summary>
[Flags]
public enum SessionFeatures
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Pushes that did not fit are told of by <see cref="EntryKind.Gap"/>.</summary>
    Gap = 1,
}
