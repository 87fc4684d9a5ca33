namespace Airlock;

/// <summary>How to listen: the names of what this library measures and traces under. The instruments and spans are listed in <c>docs/operating.md</c>.</summary>
public static class AirlockTelemetry
{
    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "Airlock";

    /// <summary>The name of the <see cref="System.Diagnostics.ActivitySource"/>.</summary>
    public const string ActivitySourceName = "Airlock";
}
