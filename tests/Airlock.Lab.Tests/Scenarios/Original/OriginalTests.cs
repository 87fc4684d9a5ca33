using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Tests;

public sealed class OriginalTests
{
    public static TheoryData<string> Names => [.. Halves.Of(Suite.Original)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Airlock_violates_nothing(string name) => Halves.AssertGreen(name);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_one_fault_violates_the_claim(string name) => Halves.AssertRed(name);
}
