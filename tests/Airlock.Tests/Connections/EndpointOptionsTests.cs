namespace Airlock.Tests.Connections;

public sealed class EndpointOptionsTests
{
    public static TheoryData<string, EndpointOptions> Bad => new()
    {
        { "Timeouts.Hello", new() { Timeouts = new() { Hello = TimeSpan.Zero } } },
        { "Timeouts.Authentication", new() { Timeouts = new() { Authentication = TimeSpan.FromDays(2) } } },
        { "Timeouts.Gate", new() { Timeouts = new() { Gate = TimeSpan.FromSeconds(-1) } } },
        { "Timeouts.Attach", new() { Timeouts = new() { Attach = TimeSpan.Zero } } },
        { "Timeouts.Idle", new() { Timeouts = new() { Idle = Timeout.InfiniteTimeSpan } } },
        { "Timeouts.Pong", new() { Timeouts = new() { Pong = TimeSpan.Zero } } },
        { "Timeouts.Write", new() { Timeouts = new() { Write = TimeSpan.Zero } } },
        { "Timeouts.Close", new() { Timeouts = new() { Close = TimeSpan.Zero } } },
        { "Session.Window", new() { Session = new() { Window = 4097 } } },
        { "Session.OutboxEntriesMax", new() { Session = new() { OutboxEntriesMax = 0 } } },
        { "Session.OutboxBytesMax", new() { Session = new() { OutboxBytesMax = 1023 } } },
        { "MessageBytesMax", new() { MessageBytesMax = 1023 } },
        { "HoldMessagesBeforeAuthentication", new() { HoldMessagesBeforeAuthentication = -1 } },
        { "HoldBytesBeforeAuthentication", new() { HoldBytesBeforeAuthentication = -1 } },
        { "HoldMessagesBeforeAuthentication", new() { HoldMessagesBeforeAuthentication = 65 } },
        { "HoldBytesBeforeAuthentication", new() { HoldBytesMax = 2000 } },
        { "Timeouts.Message", new() { Timeouts = new() { Message = TimeSpan.Zero } } },
        { "Timeouts", new() { Timeouts = null! } },
        { "Session", new() { Session = null! } },
        { "HoldMessagesMax", new() { HoldMessagesMax = 4097 } },
        { "HoldBytesMax", new() { HoldBytesMax = (16 << 20) + 1 } },
        { "TriesMax", new() { TriesMax = 101 } },
        { "TryDelay", new() { TryDelay = TimeSpan.FromMinutes(2) } },
        { "StagedBytesMax", new() { StagedBytesMax = 0 } },
        { "ConnectionsPerUserMax", new() { ConnectionsPerUserMax = 0 } },
        { "ConnectionsPerAddressMax", new() { ConnectionsPerAddressMax = 0 } },
    };

    [Fact]
    public void The_defaults_are_in_range() => new EndpointOptions().Validate();

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_value_out_of_range_is_named(string name, EndpointOptions options) =>
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(options.Validate).ParamName);
}
