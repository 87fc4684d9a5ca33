using Airlock.Lab.Checkers;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Tests.Wire;

public sealed class HistoryTraceTests
{
    private static readonly DateTimeOffset _start = new(2025, 9, 10, 5, 18, 40, TimeSpan.Zero);

    [Fact]
    public void A_good_history_violates_nothing() => Assert.Empty(Violations(Good()));

    [Fact]
    public void An_answer_that_never_came_is_noticed() => Assert.Contains("delivered-once", Violations(Good().Where(static e => e is not { What: "send", Type: "ok", Id: "m1" })));

    [Fact]
    public void An_answer_that_came_twice_is_noticed() => Assert.Contains("delivered-once", Violations(Good().SelectMany(static e => e is { What: "send", Type: "ok" } ? new[] { e, e } : [e])));

    [Fact]
    public void Answers_in_the_wrong_order_are_noticed()
    {
        Assert.Contains("delivered-once", Violations(Good().Select(static e => e is { What: "send", Type: "ok" } ? e with { Id = e.Id == "m1" ? "m2" : "m1" } : e)));
    }

    [Fact]
    public void An_answer_made_for_somebody_else_is_noticed() => Assert.Contains("one-context", Violations(Good().Select(static e => e is { What: "send", Type: "ok" } ? e with { User = "bob" } : e)));

    [Fact]
    public void Ready_before_the_transition_is_noticed() => Assert.Contains("ready-after-transition", Violations(Good().Select(static e => e.What == "ready" ? e with { At = _start.AddTicks(2) } : e)));

    [Fact]
    public void A_close_with_1011_is_noticed() => Assert.Contains("close-codes", Violations(Good().Select(static e => e.What == "close" ? e with { Code = 1011, Told = true } : e)));

    [Fact]
    public void A_skipped_state_is_noticed() => Assert.Contains("history-is-a-path", Violations(Good().Where(static e => e.To != "SERVICES_READY")));

    [Fact]
    public void A_connection_that_never_ends_is_noticed() => Assert.Contains("everything-ends", Violations(Good().Where(static e => e.What != "end")));

    [Fact]
    public void What_a_scenario_missed_is_noticed() => Assert.Contains("expectation", Violations(Good().Append(new HistoryEntry(_start.AddSeconds(3), "fail", "expect", "lab") { Cause = "It was not so." })));

    [Fact]
    public void Without_the_servers_log_only_what_clients_can_tell_is_judged()
    {
        var clients = HistoryTrace.CheckersFor(hasServerLog: false).Select(static checker => checker.Name).ToList();
        Assert.Contains("delivered-once", clients);
        Assert.Contains("close-codes", clients);
        Assert.DoesNotContain("ready-after-transition", clients);
        Assert.Equal(AllCheckers.List.Count + 1, HistoryTrace.CheckersFor(hasServerLog: true).Count());
    }

    private static List<string> Violations(IEnumerable<HistoryEntry> entries)
    {
        var trace = HistoryTrace.Of([.. entries.OrderBy(static e => e.At)]);
        return [.. HistoryTrace.CheckersFor(hasServerLog: true).Where(checker => checker.Check(trace) is not null).Select(static checker => checker.Name)];
    }

    private static HistoryEntry Move(string connection, string from, string to, int at) => new(_start.AddTicks(at), "info", "move", "server 1") { Connection = connection, From = from, To = to };

    /// <summary>One client, two messages, from the dial to the goodbye.</summary>
    private static List<HistoryEntry> Good() =>
    [
        new(_start, "invoke", "dial", "client 1") { User = "ann" },
        Move("x", "CONNECTING", "ACCEPTED", 1),
        new(_start.AddTicks(2), "ok", "dial", "client 1") { Connection = "x", User = "ann" },
        Move("x", "ACCEPTED", "AUTHENTICATED", 3),
        Move("x", "AUTHENTICATED", "SERVICES_READY", 4),
        Move("x", "SERVICES_READY", "PROCESSING_READY", 5),
        new(_start.AddTicks(6), "ok", "ready", "client 1") { Connection = "x" },
        new(_start.AddTicks(7), "invoke", "send", "client 1") { Id = "m1", User = "ann" },
        new(_start.AddTicks(8), "invoke", "send", "client 1") { Id = "m2", User = "ann" },
        new(_start.AddTicks(9), "info", "get", "client 1") { Cause = "data", Session = "client 1/1", Number = 1 },
        new(_start.AddTicks(10), "ok", "send", "client 1") { Id = "m1", User = "ann", Connection = "x", Session = "client 1/1", Number = 1 },
        new(_start.AddTicks(11), "info", "get", "client 1") { Cause = "data", Session = "client 1/1", Number = 2 },
        new(_start.AddTicks(12), "ok", "send", "client 1") { Id = "m2", User = "ann", Connection = "x", Session = "client 1/1", Number = 2 },
        new(_start.AddTicks(13), "invoke", "leave", "client 1") { Connection = "x", Cause = "bye" },
        Move("x", "PROCESSING_READY", "CLOSING", 14),
        Move("x", "CLOSING", "CLOSED", 15),
        new(_start.AddTicks(16), "info", "end", "server 1") { Connection = "x", Cause = "bye", Code = 1000 },
        new(_start.AddTicks(17), "ok", "close", "client 1") { Connection = "x", Cause = "bye", Code = 1000, Told = true },
    ];
}
