namespace Airlock.Lab.Tests.Contests;

/// <summary>Faults at the locks of ASP.NET Core's part.</summary>
internal static class AspNetCoreFaults
{
    public static IReadOnlyList<LockFault> All { get; } =
    [
        new(
            LockFaultKind.CheckThenAct,
            "tickets-limit-in-two",
            "Airlock.AspNetCore/Tickets/Tickets.cs",
            """
                                return null;
                            }

                            // The list is looked up again: Remove has dropped it if it became empty.
                            if (!_byUser.TryGetValue(user, out own
                """,
            """
                                return null;
                            }
                        }

                        lock (_lock)
                        {
                            // The list is looked up again: Remove has dropped it if it became empty.
                            if (!_byUser.TryGetValue(user, out var own
                """,
            "More tickets wait than may: each was counted after all had looked.",
            "tickets-of-all"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "ticket-taken-in-two",
            "Airlock.AspNetCore/Tickets/Tickets.cs",
            """
                        lock (_lock)
                        {
                            return Remove(ticket) is { } waiting && waiting
                """,
            """
                        Waiting found;
                        lock (_lock)
                        {
                            _waiting.TryGetValue(ticket, out found);
                        }

                        lock (_lock)
                        {
                            Remove(ticket);
                            return found is { } waiting && waiting
                """,
            "Two take one ticket: each found it before the other took it out.",
            "ticket-taken-once"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "ticket-listed-in-two",
            "Airlock.AspNetCore/Tickets/Tickets.cs",
            """
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
                """,
            """
                        LinkedList<string> theirs;
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

                            theirs = own;
                        }

                        lock (_lock)
                        {
                            var own = theirs;
                """,
            "A ticket is put on a list that was taken away after it was looked up: nobody counts it.",
            "tickets-of-a-user"),
        new(
            LockFaultKind.LookedAtOutside,
            "request-looked-at-outside",
            "Airlock.AspNetCore/Authentication/RequestCredentials.cs",
            """
                        lock (_lock)
                        {
                            return RequestCopy.Of(_context ??
                """,
            """
                        var context = _context;
                        lock (_lock)
                        {
                            return RequestCopy.Of(context ??
                """,
            "A request is copied that has ended meanwhile: the server may be using its context for somebody else's.",
            "request-copied-in-time"),
    ];
}
