namespace Airlock.Core;

/// <summary>How long each phase of the start may take, in milliseconds.</summary>
public sealed record PhaseDeadlines
{
    /// <summary>From <c>open</c> to <c>hello</c>.</summary>
    public required long Hello { get; init; }

    /// <summary>From <c>hello</c> to <c>authed</c>.</summary>
    public required long Authentication { get; init; }

    /// <summary>From <c>authed</c> until every required gate is open.</summary>
    public required long Gate { get; init; }

    /// <summary>From then to <c>ready</c>.</summary>
    public required long Attach { get; init; }
}
