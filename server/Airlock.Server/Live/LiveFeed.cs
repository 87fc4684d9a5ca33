using System.Runtime.InteropServices;
using System.Text.Json;
using Airlock.Core;
using Airlock.Server.Agent;

namespace Airlock.Server.Live;

/// <summary>Answers the polls of the live view. Nothing runs while nobody polls; with many viewers there is still at most one look at the server in a hundred milliseconds.</summary>
public sealed class LiveFeed(AirlockServer server, AgentBreaker breaker, TimeProvider time)
{
    /// <summary>How far apart two answers are at least, whoever asks.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private const int DotsMax = 1000;
    private static readonly string[] _stateNames = [.. Enum.GetNames<ConnectionState>().Select(static name => JsonNamingPolicy.SnakeCaseUpper.ConvertName(name))];

    private readonly Lock _lock = new();
    private readonly long _origin = time.GetTimestamp();
    private readonly List<ObservedConnection> _live = [];
    private readonly List<ObservedConnection> _matching = [];
    private TimeSpan _next;

    /// <summary>Handles one message of the feed.</summary>
    public static async Task HandleAsync(Turn turn, LiveFeed feed, CancellationToken stop)
    {
        if (LookOf(turn) is not { IsValid: true } look)
        {
            await turn.SendAsync(new Refused("refused", "look_invalid", "Send {\"list\":\"connections\",\"from\":0,\"count\":50}; see LiveLook for the rest."));
            return;
        }

        await feed.PaceAsync(stop);
        await turn.SendAsync(feed.Look(look));
    }

    /// <summary>Waits for the next free place.</summary>
    internal Task PaceAsync(CancellationToken stop)
    {
        TimeSpan wait;
        lock (_lock)
        {
            var now = time.GetElapsedTime(_origin);
            wait = _next > now ? _next - now : TimeSpan.Zero;
            _next = now + wait + Pace;
        }

        return wait == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, time, stop);
    }

    /// <summary>One walk over everything. Only what is visible is looked at closely.</summary>
    internal LiveSeen Look(LiveLook look)
    {
        lock (_lock)
        {
            try
            {
                var states = new int[_stateNames.Length];
                foreach (var connection in server.Observation.Connections)
                {
                    states[(int)connection.State]++;
                    _live.Add(connection);
                }

                var (matched, rows) = look.List == "sessions" ? Sessions(look) : Connections(look);
                var now = server.Observation.Now;
                return new LiveSeen
                {
                    IsDraining = server.IsDraining,
                    States = states.Index().Where(static s => s.Item > 0).ToDictionary(static s => _stateNames[s.Index], static s => s.Item),
                    Opened = server.Observation.OpenedCount,
                    Closed = server.Observation.ClosedCount,
                    Dots = Dots(),
                    List = look.List,
                    Matched = matched,
                    From = look.From,
                    Rows = rows,
                    Selected = look.Selected is { } id && server.Observation.Report(id) is { } report ? DetailOf(report, now) : null,
                    Sessions = SessionCounts(),
                    Gates = [.. server.Gates.Gates.Select(static g => new LiveSeen.LiveGate(g.Name, g.IsRequired, JsonNamingPolicy.SnakeCaseLower.ConvertName(g.State.ToString()), Milliseconds(g.RetryAfter)))],
                    Breakers = [new LiveSeen.LiveBreaker("agent", JsonNamingPolicy.SnakeCaseLower.ConvertName(breaker.State.ToString()))],
                    Causes = Causes(now),
                };
            }
            finally
            {
                // What has ended is not kept alive until the next look.
                _live.Clear();
                _matching.Clear();
            }
        }
    }

    private (int Matched, IReadOnlyList<object> Rows) Connections(LiveLook look)
    {
        var now = server.Observation.Now;
        if (look.State == "ENDED" || look.Cause is not null)
        {
            // Live ones have a cause only while they close; there are few.
            var ending = look.State == "ENDED" ? [] : _live.Where(static c => c.State == ConnectionState.Closing).Select(static c => c.Report());
            var ended = ending.Concat(server.Observation.RecentCloses())
                .Where(c => (look.Cause is null || c.Reason?.Cause == look.Cause) && (look.State is null or "ENDED" || StateOf(c.State) == look.State)
                    && IsOf(look.User, c.Id, c.Principal, c.SessionTag) && (now - c.OpenedAt).TotalSeconds >= look.MinimumAge)
                .ToList();
            if (look.OldestFirst)
            {
                ended.Reverse();
            }

            return (ended.Count, [.. ended.Skip(look.From).Take(look.Count).Select(c => RowOf(c, now))]);
        }

        foreach (var connection in _live)
        {
            if ((look.State is null || StateOf(connection.State) == look.State)
                && (look.MinimumAge == 0 || (now - connection.OpenedAt).TotalSeconds >= look.MinimumAge)
                && IsOf(look.User, connection.Id, connection.Principal, tag: null))
            {
                _matching.Add(connection);
            }
        }

        var direction = look.OldestFirst ? 1 : -1;
        _matching.Sort((a, b) => direction * a.Number.CompareTo(b.Number));
        return (_matching.Count, [.. _matching.Skip(look.From).Take(look.Count).Select(c => RowOf(c.Report(), now))]);
    }

    private (int Matched, IReadOnlyList<object> Rows) Sessions(LiveLook look)
    {
        var sessions = (server.Observation.Sessions ?? []).Where(s => (look.State is null || (look.State == "DETACHED") == (s.DetachedFor is not null)) && IsOf(look.User, s.Connection ?? "", s.Principal, s.Tag)
            && (look.MinimumAge == 0 || s.DetachedFor?.TotalSeconds >= look.MinimumAge)).ToList();
        var direction = look.OldestFirst ? 1 : -1;
        sessions.Sort((a, b) => direction * a.Number.CompareTo(b.Number));
        return (sessions.Count, [.. sessions.Skip(look.From).Take(look.Count).Select(static s => new LiveSeen.LiveSession(
            s.Tag, s.Number, NameOf(s.Principal), s.Endpoint, s.Connection, Milliseconds(s.DetachedFor), s.IsBusy, s.Positions.Stored, s.Positions.Done, s.Positions.Appended, s.Positions.Acked))]);
    }

    private LiveSeen.LiveSessionCounts? SessionCounts()
    {
        if (server.Observation.Sessions is not { } sessions)
        {
            return null;
        }

        int attached = 0, detached = 0;
        foreach (var session in sessions)
        {
            _ = session.DetachedFor is null ? attached++ : detached++;
        }

        return new(attached, detached);
    }

    private LiveSeen.LiveDots Dots()
    {
        var every = Math.Max(1, (_live.Count + DotsMax - 1) / DotsMax);
        var sample = _live.Where(c => c.Number % every == 0).Select(static c => (c.Number, State: (char)('0' + (int)c.State))).ToList();
        return new(every, [.. sample.Select(static c => c.Number)], string.Create(sample.Count, sample, static (text, dots) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = CollectionsMarshal.AsSpan(dots)[i].State;
            }
        }));
    }

    private List<LiveSeen.LiveCause> Causes(TimeSpan now) =>
        [.. server.Observation.RecentCloses().GroupBy(static c => c.Reason!).OrderByDescending(static g => g.Count())
            .Select(g => new LiveSeen.LiveCause(g.Key.Cause, g.Key.Code, JsonNamingPolicy.SnakeCaseLower.ConvertName(g.Key.Fault.ToString()), g.Count(), Milliseconds(now - g.First().Since)))];

    private static LiveSeen.LiveConnection RowOf(ConnectionReport c, TimeSpan now)
    {
        var isOver = c.State is ConnectionState.Closed or ConnectionState.Failed;
        return new(c.Id, c.Number, c.Principal is null ? null : NameOf(c.Principal), StateOf(c.State), Milliseconds((isOver ? c.Since : now) - c.OpenedAt), Milliseconds(now - c.Since), c.Endpoint, c.Address, c.Reason?.Cause, c.Code);
    }

    private static LiveSeen.LiveDetail DetailOf(ConnectionReport c, TimeSpan now) => new(
        RowOf(c, now), c.Principal?.Issuer, c.Principal?.Subject, c.Client, c.SessionTag, c.IsResumed, c.Attempt,
        c.Positions is { } p ? new(p.Stored, p.Done, p.Appended, p.Acked) : null, c.GatesDown, c.Reason?.Summary,
        [.. c.Record.Select(e => new LiveSeen.LiveEntry(
            (e.At - c.OpenedAt.Ticks) / (double)TimeSpan.TicksPerMillisecond, e.Event.ToString(), StateOf(e.From), StateOf(e.To),
            e.Refused is { } refused ? JsonNamingPolicy.SnakeCaseLower.ConvertName(refused.ToString()) : null, e.Reason?.Cause, e.Count))]);

    private static bool IsOf(string? part, string id, Principal? principal, string? tag) =>
        string.IsNullOrEmpty(part)
        || id.Contains(part, StringComparison.OrdinalIgnoreCase)
        || tag?.Contains(part, StringComparison.OrdinalIgnoreCase) == true
        || (principal is not null && (principal.Subject.Contains(part, StringComparison.OrdinalIgnoreCase) || NameOf(principal).Contains(part, StringComparison.OrdinalIgnoreCase)));

    private static string NameOf(Principal principal) => principal.IsAnonymous ? "anonymous" : principal.Claims.FindFirst("name")?.Value ?? principal.Subject;

    private static string StateOf(ConnectionState state) => _stateNames[(int)state];

    private static long Milliseconds(TimeSpan duration) => (long)Math.Max(0, duration.TotalMilliseconds);

    private static long? Milliseconds(TimeSpan? duration) => duration is { } some ? Milliseconds(some) : null;

    private static LiveLook? LookOf(Turn turn)
    {
        try
        {
            return turn.As<LiveLook>();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Refused(string Type, string Cause, string Message);
}
