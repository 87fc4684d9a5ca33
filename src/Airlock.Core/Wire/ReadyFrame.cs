namespace Airlock.Core;

/// <summary><c>ready</c>: The session is attached.</summary>
public sealed record ReadyFrame
{
    /// <summary>The session's id; a secret of this client.</summary>
    public required string Session { get; init; }

    /// <summary>Rises by one at every attach.</summary>
    public required long Generation { get; init; }

    /// <summary>The attempt this attach was recorded under.</summary>
    public required long Attempt { get; init; }

    /// <summary><c>new</c> or <c>resumed</c>.</summary>
    public required string Resume { get; init; }

    /// <summary>How many of the client's messages may be unfinished.</summary>
    public required int Window { get; init; }

    /// <summary>How long the client may be silent before it is asked for a sign of life, in milliseconds.</summary>
    public required long Idle { get; init; }

    /// <summary>The highest client number stored.</summary>
    public required long Received { get; init; }

    /// <summary>The highest client number done.</summary>
    public required long Done { get; init; }

    /// <summary>The highest server number so far: what comes up to it is replay.</summary>
    public required long ReplayTo { get; init; }

    /// <summary>What an anonymous user's client gives back in <see cref="ResumeRequest.Proof"/>; else null. A secret of this client.</summary>
    public string? Proof { get; init; }

    /// <summary>What is lost, with <c>new</c> after a resume was asked; else null.</summary>
    public IReadOnlyList<LostFrame>? Lost { get; init; }

    /// <summary>How the session's last connection ended, or null.</summary>
    public PreviousClose? Previous { get; init; }

    /// <summary>Leaves out the session's id and its proof, which are secrets: this may end in a log.</summary>
    public override string ToString() => $"{Resume}, generation {Generation}";
}
