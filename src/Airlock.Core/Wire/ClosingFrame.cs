namespace Airlock.Core;

/// <summary><c>closing</c>: Why the close follows.</summary>
public sealed record ClosingFrame
{
    /// <summary>The close code.</summary>
    public required int Code { get; init; }

    /// <summary>The cause's name.</summary>
    public required string Cause { get; init; }

    /// <summary><c>never</c>, <c>new</c>, <c>resume</c> or <c>resume_later</c>.</summary>
    public required string Retry { get; init; }

    /// <summary>When to come back, in milliseconds, or null.</summary>
    public long? RetryAfter { get; init; }

    /// <summary>Whether the session is still there.</summary>
    public required bool Resumable { get; init; }

    /// <summary>Text for a developer.</summary>
    public string? Message { get; init; }

    /// <summary>The frame that explains a close.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="code">The close code, one of the reason's two or the peer's.</param>
    /// <param name="retryAfter">When to come back, or null.</param>
    /// <param name="hasSession">Whether the client has a session to resume.</param>
    public static ClosingFrame Of(CloseReason reason, int code, TimeSpan? retryAfter, bool hasSession)
    {
        ArgumentNullException.ThrowIfNull(reason);
        var advice = CloseReason.AdviceFor(code);
        return new ClosingFrame
        {
            Code = code,
            Cause = reason.Cause,
            Retry = advice switch { RetryAdvice.New => "new", RetryAdvice.Resume => "resume", RetryAdvice.ResumeLater => "resume_later", _ => "never" },
            RetryAfter = (long?)retryAfter?.TotalMilliseconds,
            Resumable = hasSession && (advice is RetryAdvice.Resume or RetryAdvice.ResumeLater),
            Message = reason.Summary,
        };
    }
}
