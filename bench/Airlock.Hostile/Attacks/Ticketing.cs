using System.Collections.Concurrent;
using System.Diagnostics;
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

    public override HostSettings Settings(bool isShort) => new() { TicketsMax = isShort ? 200 : 10_000, TicketSeconds = isShort ? 10 : 30, ResumeSeconds = 1, MemorySeconds = 1 };

    public override async Task RunAsync(Arena arena)
    {
        var max = arena.Size(10_000, 200);
        var lifetime = TimeSpan.FromSeconds(Settings(arena.IsShort).TicketSeconds);
        using var http = new HttpClient { BaseAddress = new Uri($"http://{arena.Host.EndPoint}") };
        await arena.ManyAsync("warm-up", 64, 8, async i => await IssueAsync(arena, http, $"warm{i % 8}", 2));
        var before = await arena.AtRestAsync(sessionsToo: true);

        // Each lets in once. It is used as soon as it is given out, since a slow machine must not make it expire.
        var used = arena.Size(500, 40);
        var first = 0;
        var second = new ConcurrentDictionary<string, int>();
        await arena.ManyAsync("tickets used", used, 8, async i =>
        {
            var ticket = (await IssueAsync(arena, http, $"guest{i}", 1))[0].Ticket;
            for (var use = 1; use <= 2; use++)
            {
                using var peer = await Peer.OpenAsync(arena.Host.EndPoint, source: i % 8, query: $"?ticket={ticket}", stop: arena.Stop);
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
        arena.Report.ExpectEqual("let in by a ticket", first, used);
        arena.Report.ExpectEqual("refused with ticket_invalid at its second use", second.GetValueOrDefault("ticket_invalid"), used);

        // One user asks again and again: the oldest of its tickets make room, for themselves and not for anybody else's.
        var quiet = await arena.Host.CountAsync(collect: true);
        var churn = arena.Size(20_000, 1_500);
        await arena.ManyAsync("tickets of one user", churn, 8, async _ => await IssueAsync(arena, http, "busy", 1));
        var churned = await arena.Host.CountAsync(collect: true);
        arena.Report.ExpectAtMost($"heap grown by {churn:N0} tickets of one user", Math.Max(0, churned.Heap - quiet.Heap) / 1024.0, 1024, "KiB");

        // Many users fill the store.
        var answers = new ConcurrentDictionary<string, int>();
        var users = (max / PerUser) + arena.Size(50, 20);
        var since = Stopwatch.GetTimestamp();
        await arena.ManyAsync("tickets of many users", users, 8, async user =>
        {
            foreach (var (answer, _) in await IssueAsync(arena, http, $"user{user}", PerUser))
            {
                answers.AddOrUpdate(answer, 1, static (_, count) => count + 1);
            }
        });
        // Where that takes longer than a ticket lives, the first ones have made room.
        var times = Math.Ceiling(Stopwatch.GetElapsedTime(since) / lifetime);
        var refused = answers.GetValueOrDefault("503 tickets_exhausted, retry");
        arena.Report.Figure("answers", string.Join(", ", answers.OrderBy(static answer => answer.Key).Select(static answer => Arena.Invariant($"{answer.Key} {answer.Value:N0}"))));
        arena.Report.ExpectAtMost("tickets given out", answers.GetValueOrDefault("200"), max * times);
        arena.Report.Expect("the rest is refused for now", refused + answers.GetValueOrDefault("200") == users * PerUser && (refused > 0 || times > 1), Arena.Invariant($"{refused:N0}"), "503 tickets_exhausted with Retry-After");

        await Task.Delay(lifetime, arena.Stop);
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
