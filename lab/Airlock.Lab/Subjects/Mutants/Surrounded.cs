namespace Airlock.Lab.Subjects.Mutants;

/// <summary>Faults that ordinary surroundings never show: an optional service that is down, somebody who listens and throws. Each is seen because the world chooses others.</summary>
public static class Surrounded
{
    /// <summary>Every one, each with a scenario that must notice it.</summary>
    public static IReadOnlyList<(Mutation Mutation, string Scenario)> All { get; } =
    [
        (new("listeners-not-guarded", "Airlock/Telemetry/EndpointMetrics.cs", "        catch (Exception)\n        {\n            // There is nobody", "        catch (OperationCanceledException)\n        {\n            // There is nobody", "What a listener of metrics throws ends whoever tells it."), "whole-life"),
        (new("optional-gate-required", "Airlock/Gates/GateBoard.cs", "required |= gates[i].IsRequired && !gates[i].IsPassable ? bit : 0;", "required |= !gates[i].IsPassable ? bit : 0;", "A service that nobody needs holds everybody up."), "whole-life"),
    ];
}
