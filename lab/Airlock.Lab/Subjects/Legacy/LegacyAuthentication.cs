using System.Globalization;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>Phase 6: who is it (dossier §2.10). A token is what the authority knows; <c>ticket:user:number</c> is a ticket that is good once.</summary>
internal sealed class LegacyAuthentication(LegacySurroundings lab)
{
    private const string TicketPrefix = "ticket:";
    private static readonly TimeSpan _cachedFor = TimeSpan.FromMinutes(5);
    private readonly LegacyBreaker _breaker = new(lab.Time, failuresMax: 5, recovery: TimeSpan.FromSeconds(30));
    private readonly HashSet<string> _usedTickets = [];
    private readonly Random64 _random = new(10594514);
    private LegacyContext? _cached;
    private DateTimeOffset _cachedAt;

    private LegacyContext? Cached => lab.Has(LegacyFault.SharedAuthentication) && lab.Time.GetUtcNow() - _cachedAt < _cachedFor ? _cached : null;

    /// <summary>Finds out who it is.</summary>
    /// <param name="token">What the client shows.</param>
    /// <returns>The user, or the close code and cause of the refusal.</returns>
    public async Task<(string? User, int Code, string? Cause)> FindUserAsync(string? token)
    {
        if (Cached is { } cached)
        {
            return (cached.User, 0, null);
        }

        if (lab.Has(LegacyFault.SharedBreaker) && _breaker.IsOpen)
        {
            return (null, 1011, "AUTH_CIRCUIT_BREAKER_OPEN");
        }

        var (user, refusal) = token?.StartsWith(TicketPrefix, StringComparison.Ordinal) == true ? await RedeemAsync(token) : await lab.AskAsync(token);
        if (user is not null)
        {
            return (user, 0, null);
        }

        _breaker.Failed();
        var code = lab.Has(LegacyFault.AuthenticationAs1011) ? 1011 : refusal == AuthorityRefusal.Unavailable ? 1013 : 1008;
        return (null, code, refusal switch
        {
            AuthorityRefusal.Missing => "NO_TOKEN",
            AuthorityRefusal.Malformed => "INVALID_FORMAT",
            AuthorityRefusal.Expired => "TOKEN_EXPIRED",
            AuthorityRefusal.Unavailable => "AUTH_SERVICE_ERROR",
            _ => "VALIDATION_FAILED",
        });
    }

    /// <summary>The context of a connection whose user is known: its own, or with the fault whoever's was made last for this environment.</summary>
    public LegacyContext ContextFor(string connection, string user)
    {
        if (Cached is { } cached)
        {
            lab.Trace.Add(TraceKind.ContextMade, connection, cached.User, to: cached.Id);
            return cached;
        }

        (_cached, _cachedAt) = (MakeContext(connection, user), lab.Time.GetUtcNow());
        return _cached;
    }

    /// <summary>Makes a context of a user.</summary>
    public LegacyContext MakeContext(string connection, string user)
    {
        var now = lab.Time.GetUtcNow();
        var random = NextRandom(connection);
        var id = lab.Has(LegacyFault.MillisecondContexts) ? string.Create(CultureInfo.InvariantCulture, $"ctx_{now.ToUnixTimeMilliseconds()}") : $"ctx_{random}";
        var clientId = string.Create(CultureInfo.InvariantCulture, $"ws_{user[..Math.Min(8, user.Length)]}_{now.ToUnixTimeSeconds()}_{random}");
        lab.Trace.Add(TraceKind.ContextMade, connection, user, to: id);
        return new LegacyContext(id, user, clientId);
    }

    /// <summary>Eight hexadecimal digits, which no other connection has, on this server or another.</summary>
    public string NextRandom(string connection)
    {
        var digits = (uint)_random.Next();
        foreach (var c in connection)
        {
            digits = (digits ^ c) * 16777619;
        }

        return digits.ToString("x8", CultureInfo.InvariantCulture);
    }

    private async ValueTask<(string? User, AuthorityRefusal? Refusal)> RedeemAsync(string ticket)
    {
        // The store of tickets is elsewhere: each call to it is a step.
        await Task.Yield();
        if (lab.Has(LegacyFault.TicketReadThenDelete))
        {
            var isThere = !_usedTickets.Contains(ticket);
            await Task.Yield();
            _usedTickets.Add(ticket);
            return isThere ? Take(ticket) : (null, AuthorityRefusal.Invalid);
        }

        return _usedTickets.Add(ticket) ? Take(ticket) : (null, AuthorityRefusal.Invalid);
    }

    private (string? User, AuthorityRefusal? Refusal) Take(string ticket)
    {
        // Taken and used up in one: who takes it a second time has got in with it twice.
        lab.Trace.Add(TraceKind.Acquired, "", "ticket", to: ticket);
        lab.Trace.Add(TraceKind.Released, "", "ticket", to: ticket);
        return (ticket.Split(':')[1], null);
    }
}
