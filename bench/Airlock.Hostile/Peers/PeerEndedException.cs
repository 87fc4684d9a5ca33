namespace Airlock.Hostile.Peers;

/// <summary>The connection ended while something else was waited for.</summary>
internal sealed class PeerEndedException(PeerEnd end) : Exception($"The connection ended: {end.Code} {end.Cause}")
{
    public PeerEnd End { get; } = end;
}
