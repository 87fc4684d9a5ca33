namespace Airlock.AspNetCore;

/// <summary>The JSON body of the answer that brings a ticket.</summary>
/// <param name="Ticket">The ticket: a secret.</param>
/// <param name="ExpiresIn">How long it counts, in milliseconds.</param>
internal sealed record TicketBody(string Ticket, long ExpiresIn)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => "ticket";
}
