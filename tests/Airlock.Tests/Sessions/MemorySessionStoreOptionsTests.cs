namespace Airlock.Tests.Sessions;

public sealed class MemorySessionStoreOptionsTests
{
    public static TheoryData<string, long, long, Func<long, MemorySessionStoreOptions>> Numbers => new()
    {
        { "SessionsPerUserMax", 1, 10_000, static value => new() { SessionsPerUserMax = (int)value } },
        { "SessionsPerAddressMax", 1, 10_000_000, static value => new() { SessionsPerAddressMax = (int)value } },
        { "TombstonesMax", 0, 10_000_000, static value => new() { TombstonesMax = (int)value } },
        { "IdsPerUserMax", 1, 1_000_000, static value => new() { IdsPerUserMax = (int)value } },
    };

    public static TheoryData<string, Func<TimeSpan, MemorySessionStoreOptions>> Durations => new()
    {
        { "ResumeTimeout", static value => new() { ResumeTimeout = value } },
        { "MemoryLifetime", static value => new() { MemoryLifetime = value } },
    };

    [Theory]
    [MemberData(nameof(Numbers), DisableDiscoveryEnumeration = true)]
    public void A_number_is_taken_at_both_ends_of_its_range_and_refused_by_name_beyond(string name, long least, long most, Func<long, MemorySessionStoreOptions> with)
    {
        Assert.Empty(with(least).Faults());
        Assert.Empty(with(most).Faults());
        foreach (var value in new[] { least - 1, most + 1 })
        {
            var wrong = Assert.Throws<ArgumentOutOfRangeException>(name, with(value).Validate);
            Assert.Contains(FormattableString.Invariant($"{name} is {value}; it must be from {least} to {most}."), wrong.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Durations), DisableDiscoveryEnumeration = true)]
    public void A_duration_is_taken_at_both_ends_of_its_range_and_refused_by_name_beyond(string name, Func<TimeSpan, MemorySessionStoreOptions> with)
    {
        var (least, most) = (TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Assert.Empty(with(least).Faults());
        Assert.Empty(with(most).Faults());
        foreach (var value in new[] { least - TimeSpan.FromTicks(1), most + TimeSpan.FromTicks(1) })
        {
            Assert.Contains($"{name} is {value}", Assert.Throws<ArgumentOutOfRangeException>(name, with(value).Validate).Message, StringComparison.Ordinal);
        }
    }
}
