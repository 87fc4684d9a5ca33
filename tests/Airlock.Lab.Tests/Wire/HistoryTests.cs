using Airlock.Lab.Wire;

namespace Airlock.Lab.Tests.Wire;

public sealed class HistoryTests
{
    private static readonly DateTimeOffset _start = new(2025, 9, 10, 5, 18, 40, TimeSpan.Zero);

    [Fact]
    public void A_history_written_and_read_is_the_same()
    {
        var history = new History();
        history.Add(new HistoryEntry(_start, "invoke", "send", "client 1") { Id = "client 1.1", User = "ann" });
        history.Add(new HistoryEntry(_start.AddTicks(1), "fail", "close", "client 1") { Connection = "x", Code = 1011, Cause = "NO_TOKEN", Told = true });
        history.Add(new HistoryEntry(_start.AddTicks(2), "info", "move", "server 1") { Connection = "x", From = "CONNECTING", To = "ACCEPTED" });
        history.Add(new HistoryEntry(_start.AddTicks(3), "ok", "send", "client 1") { Session = "client 1/1", Number = 7 });
        var text = new StringWriter();
        history.Write(text);
        Assert.Equal(history.Entries, History.Read(new StringReader(text.ToString())).Entries);
        Assert.StartsWith("""{"at":"2025-09-10T05:18:40+00:00","type":"invoke","f":"send","process":"client 1",""", text.ToString(), StringComparison.Ordinal);
        Assert.Equal(4, text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void Lines_come_by_time_and_a_server_first()
    {
        var history = new History();
        history.Add(new HistoryEntry(_start.AddTicks(5), "ok", "ready", "client 1"));
        history.Add(new HistoryEntry(_start.AddTicks(5), "info", "move", "server 1"));
        history.Add(new HistoryEntry(_start, "invoke", "dial", "client 1"));
        Assert.Equal(["dial", "move", "ready"], history.Entries.Select(static e => e.What));
    }

    [Fact]
    public void A_line_that_is_none_is_named()
    {
        var error = Assert.Throws<FormatException>(() => History.Read(new StringReader("""
            {"at":"2025-09-10T05:18:40Z","type":"ok","f":"ready","process":"client 1"}
            nonsense
            """)));
        Assert.StartsWith("Line 2 is not a line of a history", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_for_lines_is_told_when_they_are_there()
    {
        var history = new History();
        history.Add(new HistoryEntry(_start, "info", "fault", "lab"));
        var waiting = history.WhenAsync("fault", 2);
        history.Add(new HistoryEntry(_start, "info", "get", "client 1"));
        Assert.False(waiting.IsCompleted);
        history.Add(new HistoryEntry(_start, "info", "fault", "lab"));
        await waiting.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
    }
}
