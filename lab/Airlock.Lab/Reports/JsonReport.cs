using System.Text.Encodings.Web;
using System.Text.Json;

namespace Airlock.Lab.Reports;

/// <summary>A report as JSON, in a stable order.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions _options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a report.</summary>
    /// <param name="report">The report.</param>
    public static string Write(Report report) => JsonSerializer.Serialize(report, _options);

    /// <summary>Reads a report.</summary>
    /// <param name="text">What <see cref="Write"/> wrote.</param>
    /// <exception cref="JsonException">It is no report.</exception>
    public static Report Parse(string text) => JsonSerializer.Deserialize<Report>(text, _options) ?? throw new JsonException("It is null.");
}
