using System.Text.Json;
using System.Text.Json.Serialization;

namespace Airlock.Lab.Wire;

/// <summary>A whole run over the wire. In JSON the names are in snake case.</summary>
internal sealed record WireReport
{
    public required DateTimeOffset StartedAt { get; init; }

    public required double DurationSeconds { get; init; }

    public required bool Interrupted { get; init; }

    public required int ExitCode { get; init; }

    public required IReadOnlyList<WireResult> Scenarios { get; init; }

    /// <summary>How many scenarios hold.</summary>
    [JsonIgnore]
    public int Holding => Scenarios.Count(static scenario => scenario.Verdict == "holds");

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, WireJson.Default.WireReport);

    /// <summary>Reads what <see cref="ToJson"/> wrote: a file at once, so that a wrong one is told before the work begins; what is empty so far, as a pipe is, when its content is asked for.</summary>
    /// <param name="path">The file or pipe.</param>
    /// <exception cref="InvalidOperationException">It is not there or not such a report; the message says what is wrong.</exception>
    public static Lazy<WireReport> ReadLater(string path) =>
        new FileInfo(path) is { Exists: true, Length: 0 } ? new Lazy<WireReport>(() => Read(path)) : new Lazy<WireReport>(Read(path));

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidOperationException">It is not there or not such a report; the message says what is wrong.</exception>
    public static WireReport Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), WireJson.Default.WireReport) ?? throw new JsonException("It is null.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InvalidOperationException($"{path} is not what wire --json writes: {e.Message}", e);
        }
    }
}

/// <summary>One scenario and its verdict: <c>holds</c>, <c>fails</c>, <c>error</c> or <c>skipped</c>.</summary>
internal sealed record WireResult
{
    public required string Name { get; init; }

    public required string Suite { get; init; }

    public required string Category { get; init; }

    public required string Difficulty { get; init; }

    public required string Source { get; init; }

    public required string Claim { get; init; }

    public required string Invariant { get; init; }

    public required string? RedHalf { get; init; }

    public required string Verdict { get; init; }

    public required IReadOnlyList<string> Problems { get; init; }

    public required IReadOnlyList<WireHalf> Halves { get; init; }
}

/// <summary>One subject in one scenario.</summary>
internal sealed record WireHalf
{
    public required string Subject { get; init; }

    /// <summary><c>red</c>, <c>clean</c>, <c>green</c> or <c>reported</c>.</summary>
    public required string Role { get; init; }

    public required int Dialed { get; init; }

    public required int Ready { get; init; }

    public required int Sent { get; init; }

    public required int Answered { get; init; }

    public required int Refused { get; init; }

    /// <summary>Messages that nobody can tell of any more.</summary>
    public required int Unknown { get; init; }

    /// <summary>Ends by code and cause.</summary>
    public required IReadOnlyDictionary<string, int> Ends { get; init; }

    public required IReadOnlyList<WireViolation> Violations { get; init; }

    public required IReadOnlyDictionary<string, string> Figures { get; init; }

    public string? History { get; init; }

    /// <summary>What the lab could not do; null if nothing.</summary>
    public string? Error { get; init; }

    public required double DurationSeconds { get; init; }
}

/// <summary>A property that was violated, and how.</summary>
internal sealed record WireViolation(string Checker, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(WireReport))]
internal sealed partial class WireJson : JsonSerializerContext;
