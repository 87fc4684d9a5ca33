using System.Reflection;
using System.Text.RegularExpressions;
using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace Airlock.Tests.Telemetry;

public sealed class OperatingPageTests
{
    [Fact]
    public void The_page_lists_every_instrument_with_its_unit_and_meaning()
    {
        using var measures = new Measures(listens: false);
        using var server = new TestServer(meters: measures);
        Assert.Equal(
            measures.Instruments.Values.Select(static i => $"{i.Name} | {i.Unit} | {i.Description}").Order(StringComparer.Ordinal),
            OperatingPage.Rows("instruments").Select(static row => $"{row[0]} | {row[1]} | {row[4]}").Order(StringComparer.Ordinal));
    }

    /// <summary>Prometheus sees no increase in a series that is born with its first occurrence, so an alert on it would miss the first one.</summary>
    [Fact]
    public void Every_total_that_an_alert_asks_for_is_there_with_zero_from_the_start()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var there = measures.CollectAll();
        var names = OperatingPage.Rows("instruments").Where(static row => row[2].EndsWith("_total", StringComparison.Ordinal)).ToDictionary(static row => row[2], static row => row[0]["airlock.".Length..]);
        var asked = 0;
        foreach (Match selector in Regex.Matches(OperatingPage.Read("docs/operating/alerts.yml"), @"(?<name>airlock_\w+_total)\{(?<label>\w+)=~?""(?<values>[^""]+)""\}"))
        {
            foreach (var value in selector.Groups["values"].Value.Split('|'))
            {
                asked++;
                var tag = $"{selector.Groups["label"].Value["airlock_".Length..]}={value}";
                Assert.Contains(there, o => o.Value == 0 && o.Key.Split(' ')[0] == names[selector.Groups["name"].Value] && o.Key.Split(' ').Contains(tag));
            }
        }

        Assert.InRange(asked, 8, 1000);
    }

    /// <summary>Each phase is a series of its own.</summary>
    [Fact]
    public void A_first_bug_is_an_increase_in_whichever_phase_it_happens()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        foreach (var phase in Enum.GetValues<ConnectionState>().Where(static s => s < ConnectionState.Closing))
        {
            Assert.Equal(0, measures.CollectAll()[$"connection.closes cause=internal_error code=1011 phase={EndpointMetrics.NameOf(phase)}"]);
            server.Endpoint.Scope.Metrics!.Closed(CloseReason.InternalError, 1011, phase, ConnectionState.Closed, 0);
            Assert.Equal(1, measures.CollectAll()[$"connection.closes cause=internal_error code=1011 phase={EndpointMetrics.NameOf(phase)}"]);
        }
    }

    [Fact]
    public void The_page_lists_every_explanation_of_an_end() =>
        Assert.Equal(CloseExplanation.All.Select(static e => $"{e.Name} | {e.Meaning}"), OperatingPage.Rows("explanations").Select(static row => $"{row[0]} | {row[1]}"));

    [Fact]
    public void The_page_lists_every_log_event_and_no_two_have_one_id()
    {
        var events = typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.NonPublic).Select(static m => m.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().ToList();
        Assert.Equal(events.Count, events.Select(static e => e.EventId).Distinct().Count());
        Assert.Equal(events.OrderBy(static e => e.EventId).Select(static e => $"{e.EventId} | {(e.Level == LogLevel.None ? e.EventId == 13 ? "Debug`, `Information" : "Information`, `Warning" : e.Level)} | {e.Message}"), OperatingPage.Rows("events").Select(static row => string.Join(" | ", row)));
    }
}
