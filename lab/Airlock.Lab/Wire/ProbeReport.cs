using System.Text.Json;
using System.Text.Json.Serialization;

namespace Airlock.Lab.Wire;

/// <summary>What a probe found. In JSON the names are in snake case, durations in milliseconds.</summary>
internal sealed record ProbeReport
{
    public required string Url { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required double DurationSeconds { get; init; }

    public required int Count { get; init; }

    public required int Succeeded { get; init; }

    /// <summary>In percent; of the walks that were made.</summary>
    public required double SuccessRate { get; init; }

    /// <summary>By phase, those that at least one walk finished.</summary>
    public required IReadOnlyDictionary<string, Quantiles> Phases { get; init; }

    /// <summary>What failed, in which phase, how often.</summary>
    public required IReadOnlyList<ProbeFailure> Failures { get; init; }

    /// <summary>What to look at, as sentences.</summary>
    public required IReadOnlyList<string> Advice { get; init; }

    /// <summary>What was judged; empty if no walk succeeded.</summary>
    public required IReadOnlyList<JudgedLimit> Limits { get; init; }

    /// <summary>How the connections ended, by code and cause.</summary>
    public required IReadOnlyDictionary<string, int> Ends { get; init; }

    /// <summary>By carrier: <c>arrived</c>, <c>stripped</c>, or why it was not tried.</summary>
    public required IReadOnlyDictionary<string, string> Carriers { get; init; }

    /// <summary>TCP and upgrade on the same path, with nothing after it.</summary>
    public required Quantiles BareAccept { get; init; }

    /// <summary>From the answered upgrade to ready: what coordination costs. The post-mortem's limit is 100 ms.</summary>
    public required Quantiles Coordination { get; init; }

    /// <summary>From the dial to the first event.</summary>
    public required Quantiles ToFirstEvent { get; init; }

    /// <summary>How much longer than a bare accept and the wait for the answer that is, in percent of the medians. The post-mortem's limit is 50 %.</summary>
    public required double? OverheadPercent { get; init; }

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ProbeJson.Default.ProbeReport);
}

/// <summary>What failed, where, and how often.</summary>
internal sealed record ProbeFailure(string Phase, string What, int Count);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, WriteIndented = true)]
[JsonSerializable(typeof(ProbeReport))]
internal sealed partial class ProbeJson : JsonSerializerContext;
