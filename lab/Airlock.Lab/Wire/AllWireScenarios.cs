using Airlock.Lab.Scenarios.EndToEnd;
using Airlock.Lab.Wire.Cases;

namespace Airlock.Lab.Wire;

/// <summary>Every scenario over the wire.</summary>
internal static class AllWireScenarios
{
    /// <summary>The scenarios, suites by their priority.</summary>
    public static IReadOnlyList<WireScenario> List { get; } =
    [
        new ColdStart(),
        new ScaleUp(),
        new RoughNetwork(),
        new StalledNetwork(),
        new IdleCut(),
        new Terminated(),
        new MiddlewareOrder(),
        new RealAuthentication(),
        new ConcurrentConnects(),
        new SendAfterConnect(),
        new AuthorizationHeader(),
        new SubProtocolToken(),
        new ThousandConnects(),
    ];
}
