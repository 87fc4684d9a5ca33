namespace Airlock.Core.Tests;

/// <summary>How far an explored world goes.</summary>
internal sealed record WorldBounds
{
    /// <summary>Messages the client sends.</summary>
    public required int Messages { get; init; }

    /// <summary>Messages the server pushes into the session the client knows.</summary>
    public required int Pushes { get; init; }

    /// <summary>Breaks of a link and deadlines of the start that fire.</summary>
    public required int Faults { get; init; }

    /// <summary>Connections the client opens, one after another; the server may not have noticed that an earlier one is gone.</summary>
    public required int Connections { get; init; }

    /// <summary>How many arbitrary frames the client may send, at any time.</summary>
    public int HostileFrames { get; init; }

    /// <summary>Which.</summary>
    public IReadOnlyList<LinkFrame> Hostile
    {
        init => Named = [.. value.Select(frame => ($"HOSTILE {frame.Kind}({frame.A}, {frame.B}, {frame.C})", frame))];
    }

    public IReadOnlyList<(string Name, LinkFrame Frame)> Named { get; private init; } = [];

    /// <summary>Whether <c>hello</c> is always the first frame; else a hostile one may come before it.</summary>
    public bool GreetsAtOnce { get; init; } = true;

    /// <summary>Frames on a link at a time.</summary>
    public int Link { get; init; } = 2;

    /// <summary>The session's window.</summary>
    public int Window { get; init; } = 2;

    /// <summary>Entries at which the outbox is full.</summary>
    public int Outbox { get; init; } = 2;

    /// <summary>Whether the client can gap; then pushes come also while the outbox is full.</summary>
    public bool Gaps { get; init; }

    public SessionFeatures Features => Gaps ? SessionFeatures.Gap : SessionFeatures.None;

    /// <summary>Whether a try may fail.</summary>
    public bool Failures { get; init; }

    /// <summary>Whether the client stops its first message.</summary>
    public bool Stops { get; init; }
}
