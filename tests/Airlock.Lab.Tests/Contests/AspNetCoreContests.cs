using Airlock.AspNetCore;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Airlock.Lab.Tests.Contests;

/// <summary>Callers that meet in ASP.NET Core's part.</summary>
internal static class AspNetCoreContests
{
    public static IReadOnlyList<Contest> All { get; } =
    [
        new("ticket-taken-once", "A ticket is taken at most once.", TicketTakenOnceAsync),
        new("tickets-of-all", "No more tickets wait than may.", TicketsOfAllAsync),
        new("tickets-of-a-user", "No more tickets of a user wait than may, and whoever has one can use it.", TicketsOfAUserAsync),
        new("request-copied-in-time", "A request is not copied once it has ended.", RequestCopiedInTimeAsync),
    ];

    private static Tickets NewTickets(Callers callers, Action<AirlockOptions>? configure = null)
    {
        var options = new AirlockOptions();
        configure?.Invoke(options);
        return new Tickets(callers.Time, Options.Create(options));
    }

    private static readonly TicketAddress _here = new("an endpoint", "");

    private static AuthenticationOutcome Known(string user) => AuthenticationOutcome.Accept(new Principal("issuer", user));

    private static async Task TicketTakenOnceAsync(Callers callers)
    {
        var tickets = NewTickets(callers);
        var ticket = tickets.Issue(_here, Known("alice"))!;
        var taken = 0;
        await callers.MeetAsync(Take, Take);
        callers.Must(taken == 1, "One of the two has it.");

        void Take()
        {
            if (tickets.Take(_here, ticket) is not null)
            {
                taken++;
            }
        }
    }

    private static async Task TicketsOfAllAsync(Callers callers)
    {
        var tickets = NewTickets(callers, static options => options.TicketsMax = 1);
        await callers.MeetAsync(() => tickets.Issue(_here, Known("alice")), () => tickets.Issue(_here, Known("bob")));
        callers.Must(tickets.PlacesHeld == 1, "One waits, and one was refused.");
    }

    private static async Task TicketsOfAUserAsync(Callers callers)
    {
        var tickets = NewTickets(callers, static options => options.TicketsPerUserMax = 2);
        var first = tickets.Issue(_here, Known("alice"))!;
        List<string> later = [];
        await callers.MeetAsync(() => tickets.Take(_here, first), () => later.Add(tickets.Issue(_here, Known("alice"))!));
        later.Add(tickets.Issue(_here, Known("alice"))!);
        callers.Must(tickets.PlacesHeld == 2, "Two wait.");
        tickets.Issue(_here, Known("alice"));
        callers.Must(tickets.PlacesHeld == 2, "The oldest made room for the third.");
    }

    private static async Task RequestCopiedInTimeAsync(Callers callers)
    {
        using var server = new AirlockServer(callers.Time, new SessionContests.Ids());
        var endpoint = server.AddEndpoint("/e", new EndpointOptions(), static (_, _, _, _) => throw new InvalidOperationException(), static (_, _) => Task.CompletedTask);
        var request = new DefaultHttpContext();
        request.Request.Path = "/mine";
        var credentials = new RequestCredentials(request, new Place(endpoint, null!, []), [], anonymous: null);
        await callers.MeetAsync(
            () =>
            {
                try
                {
                    callers.Must(credentials.Copy(request.RequestServices, CancellationToken.None).Request.Path == "/mine", "What is copied is this request.");
                }
                catch (OperationCanceledException)
                {
                    // It has ended.
                }
            },
            () =>
            {
                credentials.Leave();
                // The server uses the context for another request.
                request.Request.Path = "/theirs";
            });
    }
}
