namespace Airlock.Lab.Scheduling;

/// <summary>Thrown out of a step that paused in its middle when its run ends without it, so that its thread comes free.</summary>
internal sealed class SimulationOverException : Exception;
