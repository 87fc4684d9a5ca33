using System.Text.RegularExpressions;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Reports;

/// <summary>The four lines of log that the post-mortem quotes, so that a reader of a whole log finds them in it.</summary>
internal static partial class PostMortem
{
    /// <summary>What stands before a line of a log that the post-mortem quotes.</summary>
    public const string Mark = "» ";

    /// <summary>How many lines it quotes.</summary>
    public const int Lines = 4;

    /// <summary>Which of the four lines an event is, from 1 in the order in which they were logged; 0 if it is none.</summary>
    /// <param name="e">The event.</param>
    public static int LineOf(TraceEvent e) => (e.Kind, e.Name, e.To) switch
    {
        (TraceKind.Logged, "WARNING", { } text) when First().IsMatch(text) => 1,
        (TraceKind.Logged, "ERROR", { } text) when Second().IsMatch(text) => 2,
        (TraceKind.Logged, "ERROR", { } text) when Third().IsMatch(text) => 3,
        (TraceKind.Logged, "ERROR", "This indicates accept() race condition - connection cannot process messages") => 4,
        _ => 0,
    };

    /// <summary>Which of the four lines a run logged for one connection, in the order in which it did.</summary>
    /// <param name="events">What happened in the run.</param>
    /// <param name="connection">The connection.</param>
    public static IReadOnlyList<int> LinesOf(IEnumerable<TraceEvent> events, string connection) =>
        [.. events.Where(e => e.Connection == connection).Select(LineOf).Where(static line => line > 0)];

    /// <summary>A line of a log as it is printed: the time, the level, the text, and in front of it whether the post-mortem quotes it.</summary>
    /// <param name="e">What was logged.</param>
    public static string Print(TraceEvent e) => $"{(LineOf(e) > 0 ? Mark : "  ")}+{EventText.Of(e.At)} s  {e.Name!.ToUpperInvariant(),-8}  {e.To}";

    [GeneratedRegex(@"^Invalid state transition for \S+: ApplicationConnectionState\.CONNECTING -> ApplicationConnectionState\.SERVICES_READY$")]
    private static partial Regex First();

    [GeneratedRegex(@"^Failed to transition to SERVICES_READY for \S+$")]
    private static partial Regex Second();

    [GeneratedRegex(@"^Connection \S+ state machine never reached ready state: ApplicationConnectionState\.CONNECTING$")]
    private static partial Regex Third();
}
