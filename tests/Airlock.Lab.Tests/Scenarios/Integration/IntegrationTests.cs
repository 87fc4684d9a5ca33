using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Tests;

public sealed class IntegrationTests
{
    public static TheoryData<string> Names => new(Halves.Of(Suite.Integration));

    [Theory]
    [MemberData(nameof(Names))]
    public void Production_driver_violates_nothing(string name) => Halves.AssertGreen(name);
}
