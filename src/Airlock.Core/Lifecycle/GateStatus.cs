namespace Airlock.Core;

/// <summary>Which gates are down, as one bit a gate in the order they are declared (at most 64).</summary>
/// <param name="RequiredDown">Required gates that are not open: they hold a connection in <see cref="ConnectionState.Authenticated"/>.</param>
/// <param name="OptionalDown">Optional gates that are not open, and required ones that work with less: they make a connection <see cref="ConnectionState.Degraded"/>.</param>
public readonly record struct GateStatus(ulong RequiredDown, ulong OptionalDown)
{
    /// <summary>Whether a connection may pass.</summary>
    public bool RequiredOpen => RequiredDown == 0;

    /// <summary>Whether nothing is down.</summary>
    public bool AllOpen => RequiredDown == 0 && OptionalDown == 0;
}
