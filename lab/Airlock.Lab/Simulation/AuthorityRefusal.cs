namespace Airlock.Lab.Simulation;

/// <summary>Why a token belongs to nobody.</summary>
public enum AuthorityRefusal
{
    /// <summary>There was none.</summary>
    Missing,

    /// <summary>It is not a token.</summary>
    Malformed,

    /// <summary>It was one.</summary>
    Expired,

    /// <summary>It is somebody's, but not ours.</summary>
    Invalid,

    /// <summary>Nobody can tell now.</summary>
    Unavailable,
}
