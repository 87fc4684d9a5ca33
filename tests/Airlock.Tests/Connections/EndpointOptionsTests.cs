using Airlock.Core;

namespace Airlock.Tests.Connections;

public sealed class EndpointOptionsTests
{
    /// <summary>Each number: its ends as its documentation tells them, its unit, and how it is set. What it is a part of is as large as it can be.</summary>
    public static TheoryData<string, long, long, string, Func<long, EndpointOptions>> Numbers => new()
    {
        { "Session.Window", 1, 4096, "", static value => new() { Session = new() { Window = (int)value } } },
        { "Session.OutboxEntriesMax", 1, 65_536, "", static value => new() { Session = new() { OutboxEntriesMax = (int)value } } },
        { "Session.OutboxBytesMax", 1024, 1L << 30, " bytes", static value => new() { Session = new() { OutboxBytesMax = value } } },
        { "MessageBytesMax", 1024, 16 << 20, " bytes", static value => new() { MessageBytesMax = (int)value } },
        { "HoldMessagesBeforeAuthentication", 0, 4096, "", static value => new() { HoldMessagesBeforeAuthentication = (int)value, HoldMessagesMax = 4096 } },
        { "HoldBytesBeforeAuthentication", 0, 16 << 20, " bytes", static value => new() { HoldBytesBeforeAuthentication = (int)value, HoldBytesMax = 16 << 20 } },
        { "HoldMessagesMax", 0, 4096, "", static value => new() { HoldMessagesMax = (int)value, HoldMessagesBeforeAuthentication = 0 } },
        { "HoldBytesMax", 0, 16 << 20, " bytes", static value => new() { HoldBytesMax = (int)value, HoldBytesBeforeAuthentication = 0 } },
        { "TriesMax", 1, 100, "", static value => new() { TriesMax = (int)value } },
        { "StagedBytesMax", 1024, 64 << 20, " bytes", static value => new() { StagedBytesMax = (int)value } },
        { "ConnectionsPerUserMax", 1, 1_000_000, "", static value => new() { ConnectionsPerUserMax = (int)value } },
        { "ConnectionsPerAddressMax", 1, 1_000_000, "", static value => new() { ConnectionsPerAddressMax = (int)value } },
    };

    public static TheoryData<string, TimeSpan, TimeSpan, Func<TimeSpan, EndpointOptions>> Durations
    {
        get
        {
            var (least, most) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
            return new()
            {
                { "Timeouts.Hello", least, most, static value => new() { Timeouts = new() { Hello = value } } },
                { "Timeouts.Authentication", least, most, static value => new() { Timeouts = new() { Authentication = value } } },
                { "Timeouts.Gate", least, most, static value => new() { Timeouts = new() { Gate = value } } },
                { "Timeouts.Attach", least, most, static value => new() { Timeouts = new() { Attach = value } } },
                { "Timeouts.Idle", least, most, static value => new() { Timeouts = new() { Idle = value } } },
                { "Timeouts.Pong", least, most, static value => new() { Timeouts = new() { Pong = value } } },
                { "Timeouts.Write", least, most, static value => new() { Timeouts = new() { Write = value } } },
                { "Timeouts.Message", least, most, static value => new() { Timeouts = new() { Message = value } } },
                { "Timeouts.Close", least, most, static value => new() { Timeouts = new() { Close = value } } },
                { "TryDelay", TimeSpan.Zero, TimeSpan.FromMinutes(1), static value => new() { TryDelay = value } },
            };
        }
    }

    [Fact]
    public void The_defaults_are_in_range() => new EndpointOptions().Validate();

    [Theory]
    [MemberData(nameof(Numbers), DisableDiscoveryEnumeration = true)]
    public void A_number_is_taken_at_both_ends_of_its_range_and_refused_by_name_beyond(string name, long least, long most, string unit, Func<long, EndpointOptions> with)
    {
        Assert.Empty(with(least).Faults());
        Assert.Empty(with(most).Faults());
        foreach (var value in new[] { least - 1, most + 1 })
        {
            IsRefused(with(value), name, FormattableString.Invariant($"{name} is {value}; it must be from {least} to {most}{unit}."));
        }
    }

    [Theory]
    [MemberData(nameof(Durations), DisableDiscoveryEnumeration = true)]
    public void A_duration_is_taken_at_both_ends_of_its_range_and_refused_by_name_beyond(string name, TimeSpan least, TimeSpan most, Func<TimeSpan, EndpointOptions> with)
    {
        Assert.Empty(with(least).Faults());
        Assert.Empty(with(most).Faults());
        foreach (var value in new[] { least - TimeSpan.FromTicks(1), most + TimeSpan.FromTicks(1) })
        {
            IsRefused(with(value), name, FormattableString.Invariant($"{name} is {value}; it must be from {least} to {most}."));
        }
    }

    [Fact]
    public void What_is_held_before_the_user_is_known_is_a_part_of_all_that_is_held()
    {
        Assert.Empty(new EndpointOptions { HoldMessagesBeforeAuthentication = 5, HoldMessagesMax = 5, HoldBytesBeforeAuthentication = 6, HoldBytesMax = 6 }.Faults());
        IsRefused(new EndpointOptions { HoldMessagesBeforeAuthentication = 6, HoldMessagesMax = 5 }, "HoldMessagesBeforeAuthentication", "Lower HoldMessagesBeforeAuthentication or raise HoldMessagesMax.");
        IsRefused(new EndpointOptions { HoldBytesBeforeAuthentication = 7, HoldBytesMax = 6 }, "HoldBytesBeforeAuthentication", "Lower HoldBytesBeforeAuthentication or raise HoldBytesMax.");
    }

    [Fact]
    public void What_is_null_is_named_and_of_several_faults_all_are_told()
    {
        IsRefused(new EndpointOptions { Timeouts = null! }, "Timeouts", "Timeouts is null; leave it out for the defaults.");
        IsRefused(new EndpointOptions { Session = null! }, "Session", "Session is null; leave it out for the defaults.");
        var several = new EndpointOptions { Session = null!, TriesMax = 0, Timeouts = new LifecycleTimeouts { Hello = TimeSpan.Zero } };
        Assert.Equal(3, several.Faults().Count);
        IsRefused(several, "Timeouts.Hello", string.Join(' ', several.Faults()));
    }

    private static void IsRefused(EndpointOptions options, string name, string words)
    {
        Assert.Contains(options.Faults(), fault => words.Contains(fault, StringComparison.Ordinal) || fault.Contains(words, StringComparison.Ordinal));
        var wrong = Assert.Throws<ArgumentOutOfRangeException>(options.Validate);
        Assert.Equal(name, wrong.ParamName);
        Assert.Contains(words, wrong.Message, StringComparison.Ordinal);
    }
}
