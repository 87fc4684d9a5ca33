namespace Airlock.Client.Tests;

public sealed class AirlockClientOptionsTests
{
    private static readonly Uri _address = new("ws://localhost/chat");

    /// <summary>Each option with a range: its ends as its documentation tells them, and how a number is put there.</summary>
    public static TheoryData<string, long, long, Action<AirlockClientOptions, long>> Ranges => new()
    {
        { nameof(AirlockClientOptions.ClientName), 1, 128, static (options, length) => options.ClientName = new string('n', (int)length) },
        { nameof(AirlockClientOptions.UnfinishedMax), 1, 1_000_000, static (options, value) => options.UnfinishedMax = (int)value },
        { nameof(AirlockClientOptions.UnfinishedBytesMax), 1, 1L << 30, static (options, value) => options.UnfinishedBytesMax = value },
        { nameof(AirlockClientOptions.UnhandledBytesMax), 1L << 20, 1L << 31, static (options, value) => options.UnhandledBytesMax = value },
        { nameof(AirlockClientOptions.ConnectTimeout), 1, 3_600_000, static (options, value) => options.ConnectTimeout = TimeSpan.FromMilliseconds(value) },
        { nameof(AirlockClientOptions.CloseTimeout), 1, 3_600_000, static (options, value) => options.CloseTimeout = TimeSpan.FromMilliseconds(value) },
    };

    [Theory]
    [MemberData(nameof(Ranges), DisableDiscoveryEnumeration = true)]
    public void Both_ends_of_a_range_are_taken_and_what_is_beyond_is_refused_by_name(string option, long least, long most, Action<AirlockClientOptions, long> set)
    {
        foreach (var value in new[] { least, most })
        {
            _ = new AirlockClient(_address, With(set, value));
        }

        foreach (var value in new[] { least - 1, most + 1 })
        {
            var wrong = Assert.Throws<ArgumentOutOfRangeException>(option, () => new AirlockClient(_address, With(set, value)));
            Assert.Equal((double)value, wrong.ActualValue);
            Assert.Contains(FormattableString.Invariant($"From {least} to {most}."), wrong.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_must_be_there_is_asked_for_by_name()
    {
        Assert.Throws<ArgumentNullException>("endpoint", () => new AirlockClient(null!));
        Assert.Throws<ArgumentNullException>("ClientName", () => new AirlockClient(_address, new AirlockClientOptions { ClientName = null! }));
        Assert.Throws<ArgumentNullException>("JsonSerializerOptions", () => new AirlockClient(_address, new AirlockClientOptions { JsonSerializerOptions = null! }));
        Assert.Throws<ArgumentNullException>("Logger", () => new AirlockClient(_address, new AirlockClientOptions { Logger = null! }));
        Assert.Throws<ArgumentNullException>("TimeProvider", () => new AirlockClient(_address, new AirlockClientOptions { TimeProvider = null! }));
        Assert.Throws<ArgumentNullException>("receipt", () => new AirlockClient(_address).Stop(null!));
    }

    [Fact]
    public void A_name_has_no_control_characters_and_a_carrier_is_one_of_those_that_there_are()
    {
        Assert.Contains("ClientName", Assert.Throws<ArgumentException>(() => new AirlockClient(_address, new AirlockClientOptions { ClientName = "a\tb" })).Message, StringComparison.Ordinal);
        Assert.Contains("CredentialsIn is 99", Assert.Throws<ArgumentException>(() => new AirlockClient(_address, new AirlockClientOptions { CredentialsIn = (CredentialCarrier)99 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_checked_does_not_change_any_more()
    {
        var options = new AirlockClientOptions();
        var client = new AirlockClient(_address, options);
        options.UnfinishedMax = 0;
        options.JsonSerializerOptions = null!;
        Assert.NotNull(client.SendJson("1"u8.ToArray()));
    }

    private static AirlockClientOptions With(Action<AirlockClientOptions, long> set, long value)
    {
        var options = new AirlockClientOptions();
        set(options, value);
        return options;
    }
}
