using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Tests;

public sealed class CloudRunTests
{
    public static TheoryData<string> Names => [.. Halves.Of(Suite.CloudRun)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Production_driver_violates_nothing(string name) => Halves.AssertGreen(name);

    [Theory]
    [MemberData(nameof(Names))]
    public void Red_half_is_red(string name) => Halves.AssertRed(name);
}
