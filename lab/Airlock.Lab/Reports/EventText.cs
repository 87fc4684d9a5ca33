using System.Globalization;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Reports;

/// <summary>Says in words what an event of a trace is.</summary>
internal static class EventText
{
    /// <summary>One event, as a short phrase.</summary>
    /// <param name="e">The event.</param>
    public static string Of(TraceEvent e)
    {
        var words = e.Kind switch
        {
            TraceKind.MachineMade => $"makes machine {e.Name} in {e.To}",
            TraceKind.Moved => $"{e.From} → {e.To}",
            TraceKind.MoveRefused => $"{e.From} → {e.To} refused",
            TraceKind.Logged => $"{e.Name}: {e.To}",
            TraceKind.ReadyAnnounced => "tells the client that it is ready",
            TraceKind.UpgradeAccepted => "accepts the upgrade",
            _ => Generic(e),
        };
        return e.Connection.Length == 0 ? words : $"{e.Connection} {words}";
    }

    /// <summary>Virtual time as a reader wants it.</summary>
    /// <param name="at">Since the run began.</param>
    public static string Of(TimeSpan at) => at.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    // The kind's name as words, then the fields that are filled in.
    private static string Generic(TraceEvent e)
    {
        var words = string.Concat(e.Kind.ToString().Select(static (c, i) => char.IsUpper(c) ? i == 0 ? char.ToLowerInvariant(c).ToString() : $" {char.ToLowerInvariant(c)}" : c.ToString()));
        var arrow = (e.From, e.To) switch
        {
            ({ Length: > 0 } from, { Length: > 0 } to) => $" {from} → {to}",
            ({ Length: > 0 } from, _) => $" from {from}",
            (_, { Length: > 0 } to) => $" {to}",
            _ => "",
        };
        return $"{words}{(string.IsNullOrEmpty(e.Name) ? "" : $" {e.Name}")}{arrow}{(e.Number == 0 ? "" : $" {e.Number.ToString(CultureInfo.InvariantCulture)}")}";
    }
}
