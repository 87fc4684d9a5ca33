using System.Text.Json;

namespace Airlock.Lab.Wire;

/// <summary>Reads what a server of another process logs, as JSON lines of the console logger: its own account of every transition and end, by event id and field.</summary>
internal static class ServerLog
{
    /// <summary>The settings under which a server writes such lines, as environment variables.</summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        ["Logging__LogLevel__Airlock"] = "Debug",
        ["Logging__Console__FormatterName"] = "json",
        ["Logging__Console__FormatterOptions__TimestampFormat"] = "O",
        ["Logging__Console__FormatterOptions__UseUtcTimestamp"] = "true",
    };

    /// <summary>Reads a line; null if it tells nothing that a history needs.</summary>
    /// <param name="line">The line.</param>
    /// <param name="server">Whose it is.</param>
    public static HistoryEntry? Read(string line, string server)
    {
        if (!line.StartsWith('{'))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var at = root.GetProperty("Timestamp").GetDateTimeOffset();
            var level = root.GetProperty("LogLevel").GetString();
            var id = root.GetProperty("EventId").GetInt32();
            var isDriver = root.GetProperty("Category").GetString() == "Airlock";
            switch (isDriver ? id : 0)
            {
                case 1:
                    return new HistoryEntry(at, "info", "move", server) { Connection = Field(root, "Connection"), From = State(root, "From"), To = State(root, "To"), Cause = Field(root, "Event") };
                case 3 or 4:
                    return new HistoryEntry(at, "info", "end", server) { Connection = Field(root, "Connection"), Cause = Field(root, "Cause"), Code = int.Parse(Field(root, "Code")!, System.Globalization.CultureInfo.InvariantCulture) };
                default:
                    return level is "Error" or "Critical"
                        ? new HistoryEntry(at, "info", "log", server) { From = level, Number = isDriver ? id : 0, Cause = root.GetProperty("Message").GetString() }
                        : null;
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static string? Field(JsonElement root, string name) => root.GetProperty("State").GetProperty(name).ToString();

    private static string State(JsonElement root, string name) => Field(root, name) switch
    {
        "ServicesReady" => Subjects.States.ServicesReady,
        "ProcessingReady" => Subjects.States.ProcessingReady,
        var state => state!.ToUpperInvariant(),
    };
}
