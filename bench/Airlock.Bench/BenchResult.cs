using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Airlock.Bench;

/// <summary>What a run gave.</summary>
/// <param name="Values">Every row and target.</param>
/// <param name="Causes">Why connections ended whose peer did not want it, and how often.</param>
internal sealed record BenchResult(IReadOnlyList<BenchValue> Values, IReadOnlyDictionary<string, int> Causes)
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The table, as Markdown.</summary>
    public string ToTable()
    {
        var targets = Values.Select(static v => v.Target).Distinct().ToList();
        var text = new StringBuilder($"| {"",-44} |{string.Concat(targets.Select(static t => $" {t,18} |"))}\n|{new string('-', 46)}|{string.Concat(targets.Select(static _ => new string('-', 19) + ":|"))}\n");
        foreach (var row in Values.GroupBy(static v => v.Row))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {$"{row.Key.Title}{(row.Key.Unit is "/s" or "" ? "" : $", {row.Key.Unit}")}",-44} |");
            foreach (var value in row)
            {
                var ratio = value.Ratio is { } r && value.Target != Target.Reference ? string.Create(CultureInfo.InvariantCulture, $" ({r:N2})") : "";
                text.Append(CultureInfo.InvariantCulture, $" {value.Median.ToString(row.Key.Format, CultureInfo.InvariantCulture) + ratio,18} |");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>One line about closes.</summary>
    public string CausesInWords() => Causes.Count == 0
        ? "Closes that no peer wanted: 0."
        : $"Closes that no peer wanted: {string.Join(", ", Causes.Select(static c => FormattableString.Invariant($"{c.Value} × {c.Key}")))}.";

    /// <summary>Everything, for programs.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            Date = DateTimeOffset.UtcNow.ToString("u", CultureInfo.InvariantCulture),
            Kernel = RuntimeInformation.OSDescription,
            Framework = RuntimeInformation.FrameworkDescription,
            Values = Values.Select(static v => new { Measure = v.Row.Title, v.Row.Unit, v.Target, v.Median, v.Ratio, v.Rounds }),
            Causes,
        },
        _json);
}
