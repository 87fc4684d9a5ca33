using Airlock.Server.Settings;

namespace Airlock.Server.Telemetry;

/// <summary>Settings of the section <c>Telemetry</c>.</summary>
public sealed class TelemetryOptions : ISettings
{
    /// <summary>Whether other machines may read <c>/metrics</c>. Default: false; then the collector runs on this one. The names of endpoints and gates are all that it tells, but nobody is asked who they are.</summary>
    public bool AllowRemoteMetrics { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Faults() => [];
}
