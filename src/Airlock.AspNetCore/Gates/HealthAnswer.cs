namespace Airlock.AspNetCore;

/// <summary>The body of a probe's answer.</summary>
internal sealed record HealthAnswer(string Probe, bool Ok, bool Draining, IReadOnlyList<GateAnswer> Gates);

/// <summary>One gate in it.</summary>
internal sealed record GateAnswer(string Name, bool Required, string State);
