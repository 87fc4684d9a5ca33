using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore;

/// <summary>One-time tickets, in the memory of this process: short-lived, bounded, each taken at most once. Safe for concurrent use.</summary>
internal sealed class Tickets(TimeProvider time, IOptions<AirlockOptions> options)
{
    /// <summary>What every ticket starts with, so that it can be told from anything else in a query.</summary>
    internal const string Prefix = "airlock.ticket.";

    private readonly AirlockOptions _options = options.Value;
    private readonly SystemEntropy _entropy = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Waiting> _waiting = [];
    private readonly Dictionary<string, LinkedList<string>> _byUser = [];
    private readonly LinkedList<string> _byAge = [];

    /// <summary>How many places its queue of ages holds.</summary>
    internal int PlacesHeld
    {
        get
        {
            lock (_lock)
            {
                return _byAge.Count;
            }
        }
    }

    /// <summary>Makes a ticket for a user at an address.</summary>
    /// <returns>The ticket; null if too many are waiting.</returns>
    internal string? Issue(TicketAddress address, AuthenticationOutcome outcome)
    {
        var user = outcome.Principal!.Key;
        var ticket = $"{Prefix}{_entropy.NewId('t')}";
        lock (_lock)
        {
            Forget();
            if (_byUser.TryGetValue(user, out var own) && own.Count >= _options.TicketsPerUserMax)
            {
                Remove(own.First!.Value);
            }
            else if (_waiting.Count >= _options.TicketsMax)
            {
                return null;
            }

            // The list is looked up again: Remove has dropped it if it became empty.
            if (!_byUser.TryGetValue(user, out own))
            {
                _byUser[user] = own = [];
            }

            _waiting.Add(ticket, new Waiting(address, user, outcome, time.GetTimestamp(), _byAge.AddLast(ticket), own.AddLast(ticket)));
            return ticket;
        }
    }

    /// <summary>Takes a ticket out: whoever comes second gets null, as for one that was never given out, has expired, or is another address's.</summary>
    internal AuthenticationOutcome? Take(TicketAddress address, string ticket)
    {
        lock (_lock)
        {
            return Remove(ticket) is { } waiting && waiting.Address == address && IsValid(waiting) ? waiting.Outcome : null;
        }
    }

    private bool IsValid(Waiting waiting) =>
        time.GetElapsedTime(waiting.Since) < _options.TicketLifetime && (waiting.Outcome.Expires is not { } expires || expires > time.GetUtcNow());

    private Waiting? Remove(string ticket)
    {
        if (!_waiting.Remove(ticket, out var waiting))
        {
            return null;
        }

        _byAge.Remove(waiting.Age);
        var own = waiting.Own.List!;
        own.Remove(waiting.Own);
        if (own.Count == 0)
        {
            _byUser.Remove(waiting.User);
        }

        return waiting;
    }

    /// <summary>Forgets what has expired, from the oldest on.</summary>
    private void Forget()
    {
        while (_byAge.First is { Value: var oldest } && time.GetElapsedTime(_waiting[oldest].Since) >= _options.TicketLifetime)
        {
            Remove(oldest);
        }
    }

    private sealed record Waiting(TicketAddress Address, string User, AuthenticationOutcome Outcome, long Since, LinkedListNode<string> Age, LinkedListNode<string> Own);
}
