using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.AspNetCore.Tests;

public sealed class TicketTests
{
    private static readonly TicketAddress _chat = new("/chat", "");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_ticket_lets_in_once(bool inQuery)
    {
        await using var app = await StartAsync();
        var ticket = await FetchAsync(app, "ann");
        using var peer = await ConnectAsync(app, ticket, inQuery);
        Assert.Equal("ann", (string)(await peer.NextAsync("authed"))["user"]!);
        await peer.NextAsync("ready");
        using var again = await ConnectAsync(app, ticket, inQuery);
        await again.ClosesWithAsync(CloseReason.TicketInvalid);
        await peer.EchoAsync(1);
    }

    [Fact]
    public async Task Of_sockets_that_race_for_one_ticket_exactly_one_wins()
    {
        await using var app = await StartAsync();
        for (var round = 0; round < 10; round++)
        {
            var ticket = await FetchAsync(app, "ann");
            var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
            {
                using var peer = await ConnectAsync(app, ticket, inQuery: i % 2 == 0);
                while (await peer.NextAsync() is { } frame)
                {
                    if ((string)frame["t"]! == "ready")
                    {
                        return "ready";
                    }

                    if ((string)frame["t"]! == "closing")
                    {
                        return (string)frame["cause"]!;
                    }
                }

                return "nothing";
            }));
            Assert.Single(results, "ready");
            Assert.Equal(3, results.Count(static r => r == "ticket_invalid"));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("airlock.v1")]
    public async Task A_ticket_in_a_query_is_used_up_whatever_becomes_of_its_connection(string? protocol)
    {
        await using var app = await StartAsync();
        var ticket = await FetchAsync(app, "ann");
        var address = new Uri(app.Socket() + $"?ticket={ticket}");
        if (protocol is null)
        {
            await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => Peer.ConnectAsync(address, protocol: null));
        }
        else
        {
            using var left = await Peer.ConnectAsync(address);
            await left.NextAsync("open");
        }

        using var thief = await ConnectAsync(app, ticket, inQuery: false);
        await thief.ClosesWithAsync(CloseReason.TicketInvalid);
    }

    [Theory]
    [InlineData("made-up")]
    [InlineData("airlock.ticket.t_made-up")]
    public async Task A_ticket_that_was_never_given_out_is_refused(string ticket)
    {
        await using var app = await StartAsync();
        using var peer = await ConnectAsync(app, ticket, inQuery: true);
        await peer.ClosesWithAsync(CloseReason.TicketInvalid);
    }

    [Fact]
    public async Task A_ticket_counts_at_its_own_endpoint_only()
    {
        await using var app = await StartAsync();
        var ticket = await FetchAsync(app, "ann");
        using var peer = await Peer.ConnectAsync(new Uri(app.Socket("/other") + $"?ticket={ticket}"));
        await peer.HelloAsync();
        await peer.ClosesWithAsync(CloseReason.TicketInvalid);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_user_who_comes_with_ticket_after_ticket_is_let_in_once_by_each(bool inQuery)
    {
        await using var app = await StartAsync();
        string? session = null;
        for (var time = 1; time <= 4; time++)
        {
            var ticket = await FetchAsync(app, "ann");
            using var peer = await Peer.ConnectAsync(inQuery ? new Uri(app.Socket() + $"?ticket={ticket}") : app.Socket());
            await peer.HelloAsync(ticket: inQuery ? null : ticket, resume: session is null ? null : Peer.Resume(session, time, time - 1));
            var ready = await peer.NextAsync("ready");
            Assert.Equal((session is null ? "new" : "resumed", time), ((string)ready["resume"]!, (int)ready["generation"]!));
            session = (string)ready["session"]!;
            await peer.EchoAsync(time);
            using var again = await ConnectAsync(app, ticket, inQuery);
            await again.ClosesWithAsync(CloseReason.TicketInvalid);
            await peer.CloseAsync();
            Assert.Equal(0, app.Services.GetRequiredService<Tickets>().PlacesHeld);
        }
    }

    [Fact]
    public async Task No_ticket_without_credentials_or_from_a_foreign_page()
    {
        await using var app = await StartAsync();
        var none = await app.Http.PostAsync("/chat/ticket", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
        Assert.Equal("credentials_missing", (string)(await BodyAsync(none))["cause"]!);
        using var expired = Request(Tokens.For("ann", TimeSpan.FromSeconds(-5)));
        Assert.Equal("token_expired", (string)(await BodyAsync(await app.Http.SendAsync(expired, TestContext.Current.CancellationToken)))["cause"]!);
        using var foreign = Request(Tokens.For("ann"));
        foreign.Headers.Add("Origin", "https://evil.test");
        Assert.Equal(HttpStatusCode.Forbidden, (await app.Http.SendAsync(foreign, TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await app.Http.GetAsync("/chat/ticket", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task While_too_many_tickets_wait_the_answer_is_503_and_when_to_come_back()
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", TestApp.Echo), airlock: static o => o.TicketsMax = 1, time: TestApp.NewTime());
        var first = await FetchAsync(app, "ann");
        using var request = Request(Tokens.For("bob"));
        var answer = await app.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter!.Delta);
        Assert.Equal("tickets_exhausted", (string)(await BodyAsync(answer))["cause"]!);

        // The one that waits is as good as before, and makes room when it is taken.
        using var peer = await ConnectAsync(app, first, inQuery: false);
        await peer.NextAsync("ready");
        await FetchAsync(app, "bob");
    }

    [Fact]
    public void Tickets_expire_and_are_bounded()
    {
        var time = new FakeTimeProvider();
        var tickets = new Tickets(time, Options.Create(new AirlockOptions { TicketsMax = 3, TicketsPerUserMax = 2 }));
        var ann = AuthenticationOutcome.Accept(new Principal("i", "ann"));
        var bob = AuthenticationOutcome.Accept(new Principal("i", "bob"));
        var first = tickets.Issue(_chat, ann)!;
        var second = tickets.Issue(_chat, ann)!;
        var third = tickets.Issue(_chat, ann)!;
        Assert.Null(tickets.Take(_chat, first));
        Assert.NotNull(tickets.Issue(_chat, bob));
        Assert.Null(tickets.Issue(_chat, bob));
        Assert.Same(ann, tickets.Take(_chat, second));
        Assert.NotNull(tickets.Issue(_chat, bob));
        time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.Same(ann, tickets.Take(_chat, third));
        var late = tickets.Issue(_chat, ann)!;
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(tickets.Take(_chat, late));
        Assert.NotNull(tickets.Issue(_chat, bob));
    }

    [Fact]
    public void A_user_who_asks_again_and_again_has_so_many_tickets_and_takes_nobody_elses_place()
    {
        var tickets = new Tickets(new FakeTimeProvider(), Options.Create(new AirlockOptions { TicketsMax = 5, TicketsPerUserMax = 2 }));
        var ann = AuthenticationOutcome.Accept(new Principal("i", "ann"));
        var given = Enumerable.Range(0, 20).Select(_ => tickets.Issue(_chat, ann)!).ToList();
        Assert.Equal(2, tickets.PlacesHeld);
        Assert.NotNull(tickets.Issue(_chat, AuthenticationOutcome.Accept(new Principal("i", "bob"))));
        Assert.All(given.SkipLast(2), ticket => Assert.Null(tickets.Take(_chat, ticket)));
        Assert.All(given.TakeLast(2), ticket => Assert.Same(ann, tickets.Take(_chat, ticket)));
    }

    [Fact]
    public void Tickets_that_were_used_do_not_pile_up_behind_one_that_was_not()
    {
        var tickets = new Tickets(new FakeTimeProvider(), Options.Create(new AirlockOptions()));
        var ann = AuthenticationOutcome.Accept(new Principal("i", "ann"));
        var bob = AuthenticationOutcome.Accept(new Principal("i", "bob"));
        var waiting = tickets.Issue(_chat, bob)!;
        for (var i = 0; i < 1000; i++)
        {
            Assert.NotNull(tickets.Take(_chat, tickets.Issue(_chat, ann)!));
        }

        Assert.Equal(1, tickets.PlacesHeld);
        Assert.Same(bob, tickets.Take(_chat, waiting));
        Assert.Equal(0, tickets.PlacesHeld);
    }

    [Fact]
    public void A_ticket_does_not_outlive_the_credentials_it_was_given_for()
    {
        var time = new FakeTimeProvider();
        var tickets = new Tickets(time, Options.Create(new AirlockOptions()));
        var ticket = tickets.Issue(_chat, AuthenticationOutcome.Accept(new Principal("i", "ann"), time.GetUtcNow().AddSeconds(5)))!;
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(tickets.Take(_chat, ticket));
    }

    [Theory]
    [InlineData("?ticket=airlock.ticket.t_x", "", "airlock.ticket.t_x")]
    [InlineData("?a=1&ticket=airlock.ticket.t_x&b=%20&c", "?a=1&b=%20&c", "airlock.ticket.t_x")]
    [InlineData("?%74icket=%61irlock.ticket.t_x", "", "airlock.ticket.t_x")]
    [InlineData("?ticket=airlock.ticket.t_x&ticket=airlock.ticket.t_y", "", "airlock.ticket.t_x")]
    public void A_ticket_is_taken_out_of_a_query(string query, string rest, string ticket) => Assert.Equal((rest, ticket), TicketHidingContextFactory.Split(query));

    [Theory]
    [InlineData("?ticket=5")]
    [InlineData("?a=1&b=2")]
    public void Any_other_query_stays_as_it_is(string query) => Assert.Null(TicketHidingContextFactory.Split(query));

    internal static async Task<string> FetchAsync(TestApp app, string user)
    {
        using var request = Request(Tokens.For(user));
        var answer = await app.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        var body = await BodyAsync(answer);
        Assert.Equal(30_000, (int)body["expiresIn"]!);
        return (string)body["ticket"]!;
    }

    private static Task<TestApp> StartAsync() => TestApp.StartAsync(services: Tokens.AddBearer, map: a =>
    {
        a.MapAirlock("/chat", TestApp.Echo);
        a.MapAirlock("/other", TestApp.Echo);
    });

    private static async Task<Peer> ConnectAsync(TestApp app, string ticket, bool inQuery)
    {
        var peer = await Peer.ConnectAsync(inQuery ? new Uri(app.Socket() + $"?ticket={ticket}") : app.Socket());
        await peer.HelloAsync(ticket: inQuery ? null : ticket);
        return peer;
    }

    private static HttpRequestMessage Request(string token) => new(HttpMethod.Post, "/chat/ticket") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };

    private static async Task<JsonObject> BodyAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken))!;
}
