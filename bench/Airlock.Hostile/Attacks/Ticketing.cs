using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Airlock.Hostile.Hosting;
using Airlock.Hostile.Peers;

namespace Airlock.Hostile.Attacks;

/// <summary>Tickets that are asked for and never used, and one user who asks and uses without a pause.</summary>
internal sealed class Ticketing : Attack
{
    private const int PerUser = 16;

    public override string Name => "tickets";

    public override string Summary => "Thousands of tickets: the store is bounded, says so with 503 and a cause, frees what has expired, and each ticket lets in once.";

    public override HostSettings Settings(bool isShort) => new() { TicketsMax = isShort ? 400 : 10_000, TicketSeconds = isShort ? 3 : 30, ResumeSeconds = 1, MemorySeconds = 1 };

    public override async Task RunAsync(Arena arena)
    {
        var max = arena.Size(10_000, 400);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{arena.Host.EndPoint}") };
        await arena.ManyAsync("warm-up", 64, 8, async i => await IssueAsync(arena, http, $"warm{i % 8}", 2));
        var before = await arena.AtRestAsync(sessionsToo: true);

        // One user asks again and again: the oldest of its tickets make room, for themselves and not for anybody else's.
        var churn = arena.Size(20_000, 1_500);
        await arena.ManyAsync("tickets of one user", churn, 8, async _ => await IssueAsync(arena, http, "busy", 1));
        var churned = await arena.Host.CountAsync(collect: true);
        arena.Report.ExpectAtMost($"heap grown by {churn:N0} tickets of one user", Math.Max(0, churned.Heap - before.Heap) / 1024.0, 1024, "KiB");

        // Many users fill the store.
        var tickets = new ConcurrentBag<string>();
        var answers = new ConcurrentDictionary<string, int>();
        var users = (max / PerUser) + 50;
        await arena.ManyAsync("tickets of many users", users, 8, async user =>
        {
            foreach (var (answer, ticket) in await IssueAsync(arena, http, $"user{user}", PerUser))
            {
                answers.AddOrUpdate(answer, 1, static (_, count) => count + 1);
                if (ticket is not null)
                {
                    tickets.Add(ticket);
                }
            }
        });
        arena.Report.Figure("answers", string.Join(", ", answers.OrderBy(static answer => answer.Key).Select(static answer => Arena.Invariant($"{answer.Key} {answer.Value:N0}"))));
        arena.Report.Expect("tickets given out", answers.GetValueOrDefault("200") <= max && answers.GetValueOrDefault("200") >= max - 300, Arena.Invariant($"{answers.GetValueOrDefault("200"):N0}"), Arena.Invariant($"{max:N0}, less the few of before"));
        arena.Report.Expect("the rest is refused for now", answers.GetValueOrDefault("503 tickets_exhausted, retry") == (users * PerUser) - answers.GetValueOrDefault("200"), $"{answers.GetValueOrDefault("503 tickets_exhausted, retry")}", "503 tickets_exhausted with Retry-After");

        // Each lets in once. The youngest are used: the oldest may expire meanwhile.
        var used = tickets.Take(arena.Size(500, 40)).ToArray();
        var first = 0;
        var second = new ConcurrentDictionary<string, int>();
        await arena.ManyAsync("tickets used", used.Length, 8, async i =>
        {
            for (var use = 1; use <= 2; use++)
            {
                using var peer = await Peer.OpenAsync(arena.Host.EndPoint, source: i % 8, query: $"?ticket={used[i]}", stop: arena.Stop);
                await peer.SendTextAsync(Peer.Hello(), arena.Stop);
                if (use == 1)
                {
                    await peer.UntilReadyAsync(arena.Stop);
                    Interlocked.Increment(ref first);
                    await peer.CloseAsync(arena.Stop);
                }
                else
                {
                    second.AddOrUpdate((await peer.EndAsync(arena.Stop)).Cause ?? "none", 1, static (_, count) => count + 1);
                }
            }
        });
        arena.Report.ExpectEqual("let in by a ticket", first, used.Length);
        arena.Report.ExpectEqual("refused with ticket_invalid at its second use", second.GetValueOrDefault("ticket_invalid"), used.Length);

        await Task.Delay(TimeSpan.FromSeconds(Settings(arena.IsShort).TicketSeconds), arena.Stop);
        var later = await IssueAsync(arena, http, "later", PerUser);
        arena.Report.ExpectEqual("given out after the old ones have expired", later.Count(static answer => answer.Ticket is not null), PerUser);
        arena.ExpectRest(before, await arena.AtRestAsync(sessionsToo: true), heapSlack: 6 << 20);
    }

    private static async Task<List<(string Answer, string? Ticket)>> IssueAsync(Arena arena, HttpClient http, string user, int count)
    {
        var token = new AuthenticationHeaderValue("Bearer", arena.Host.Tokens.For(user));
        var answers = new List<(string, string?)>();
        for (var i = 0; i < count; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/chat/ticket");
            request.Headers.Authorization = token;
            using var response = await http.SendAsync(request, arena.Stop);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(arena.Stop));
            answers.Add(response.StatusCode == HttpStatusCode.OK
                ? ("200", body.RootElement.GetProperty("ticket").GetString())
                : ($"{(int)response.StatusCode} {body.RootElement.GetProperty("cause").GetString()}{(response.Headers.RetryAfter is null ? "" : ", retry")}", null));
        }

        return answers;
    }
}
