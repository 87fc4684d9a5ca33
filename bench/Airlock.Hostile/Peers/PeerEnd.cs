namespace Airlock.Hostile.Peers;

/// <summary>How a connection ended, as its client saw it.</summary>
/// <param name="Code">The code of the close frame; null if none came.</param>
/// <param name="Cause">The cause of the <c>closing</c> frame, or of the HTTP refusal; null if none came.</param>
internal sealed record PeerEnd(int? Code, string? Cause);
