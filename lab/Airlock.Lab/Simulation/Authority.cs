using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Simulation;

/// <summary>What finds out who a token belongs to. A token is <c>user:name</c>; <c>expired</c> and <c>malformed</c> are what they say, and anything else belongs to nobody.</summary>
public sealed class Authority(Scheduler scheduler)
{
    /// <summary>How long an answer takes. Default: none.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Whether it is out of order. Default: false.</summary>
    public bool IsDown { get; set; }

    /// <summary>How long a token is good for; null for ever. Default: null. For subjects that look.</summary>
    public TimeSpan? Lifetime { get; set; }

    /// <summary>How often it was asked.</summary>
    public int Asked { get; private set; }

    /// <summary>Asks.</summary>
    /// <param name="token">The token, or null.</param>
    /// <returns>The user, or why there is none.</returns>
    public async ValueTask<(string? User, AuthorityRefusal? Refusal)> AskAsync(string? token)
    {
        Asked++;
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, scheduler.Time);
        }
        else
        {
            // Somewhere else, so never at once.
            await Task.Yield();
        }

        return (IsDown, token) switch
        {
            (true, _) => (null, AuthorityRefusal.Unavailable),
            (_, null) => (null, AuthorityRefusal.Missing),
            (_, "malformed") => (null, AuthorityRefusal.Malformed),
            (_, "expired") => (null, AuthorityRefusal.Expired),
            (_, _) when token.StartsWith("user:", StringComparison.Ordinal) => (token[5..], null),
            _ => (null, AuthorityRefusal.Invalid),
        };
    }
}
