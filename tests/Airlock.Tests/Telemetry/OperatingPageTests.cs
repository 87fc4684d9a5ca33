using System.Reflection;
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

    [Fact]
    public void The_page_lists_every_explanation_of_an_end() =>
        Assert.Equal(CloseExplanation.All.Select(static e => $"{e.Name} | {e.Meaning}"), OperatingPage.Rows("explanations").Select(static row => $"{row[0]} | {row[1]}"));

    [Fact]
    public void The_page_lists_every_log_event_and_no_two_have_one_id()
    {
        var events = typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.NonPublic).Select(static m => m.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().ToList();
        Assert.Equal(events.Count, events.Select(static e => e.EventId).Distinct().Count());
        Assert.Equal(events.OrderBy(static e => e.EventId).Select(static e => $"{e.EventId} | {(e.Level == LogLevel.None ? "Information`, `Warning" : e.Level)} | {e.Message}"), OperatingPage.Rows("events").Select(static row => string.Join(" | ", row)));
    }
}
