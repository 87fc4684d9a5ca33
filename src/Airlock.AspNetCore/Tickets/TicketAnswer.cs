using System.Text.Json;
using Airlock.Core;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>The answer of <c>POST {path}/ticket</c>.</summary>
internal static class TicketAnswer
{
    /// <summary>Gives out a ticket to a user whom the request's own header or cookie names.</summary>
    internal static async Task WriteAsync(HttpContext context, RequestCredentials credentials, Authenticator authenticator, Tickets tickets, TimeSpan lifetime)
    {
        // A ticket for a ticket would prolong it.
        var outcome = await authenticator.AuthenticateAsync(credentials, credentials.Take() with { SubProtocolToken = null, HasSeveralSubProtocolTokens = false, Ticket = null }, null, refresh: false, context.RequestAborted);
        if (outcome.Principal is null)
        {
            var challenges = outcome.Refused!.HttpStatus == StatusCodes.Status401Unauthorized ? await authenticator.ChallengesAsync(credentials, context.RequestAborted) : default;
            await HttpRefusal.WriteAsync(context, outcome.Refused, outcome.RetryAfter, challenges);
        }
        else if (tickets.Issue(credentials.Address, outcome) is not { } ticket)
        {
            await HttpRefusal.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, new RefusalBody("tickets_exhausted", "Too many tickets are waiting to be used."), RetryHints.Tickets);
        }
        else
        {
            context.Response.ContentType = "application/json";
            context.Response.Headers.CacheControl = "no-store";
            var body = JsonSerializer.SerializeToUtf8Bytes(new TicketBody(ticket, (long)lifetime.TotalMilliseconds), HttpJson.Default.TicketBody);
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
