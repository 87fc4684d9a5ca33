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
    public void Credentials_travel_only_where_they_may()
    {
        const string both = "Give Token or Ticket, not both.";
        const string ticket = "A ticket travels in Hello or Query.";
        const string url = "A token never travels in a URL; use a ticket.";
        // Hello, SubProtocol, AuthorizationHeader, Query.
        foreach (var (hasToken, hasTicket, wrong) in new (bool, bool, string?[])[]
        {
            (false, false, [null, null, null, null]), (true, false, [null, null, null, url]), (false, true, [null, ticket, ticket, null]), (true, true, [both, both, both, both]),
        })
        {
            foreach (var carrier in new[] { CredentialCarrier.Hello, CredentialCarrier.SubProtocol, CredentialCarrier.AuthorizationHeader, CredentialCarrier.Query })
            {
                var options = new AirlockClientOptions { Token = hasToken ? static _ => new("t") : null, Ticket = hasTicket ? static _ => new("t") : null, CredentialsIn = carrier };
                Assert.Equal(wrong[(int)carrier], Record.Exception(() => new AirlockClient(_address, options))?.Message);
            }
        }
    }

    [Fact]
    public void A_factory_makes_the_WebSocket_alone_and_who_else_would_is_named()
    {
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        Func<WebSocketRequest, CancellationToken, Task<System.Net.WebSockets.WebSocket>> factory = static (_, _) => throw new NotSupportedException();
        _ = new AirlockClient(_address, new AirlockClientOptions { HttpInvoker = invoker, ConfigureWebSocket = static _ => { } });
        _ = new AirlockClient(_address, new AirlockClientOptions { WebSocketFactory = factory });
        foreach (var options in new AirlockClientOptions[] { new() { WebSocketFactory = factory, HttpInvoker = invoker }, new() { WebSocketFactory = factory, ConfigureWebSocket = static _ => { } } })
        {
            var wrong = Assert.Throws<ArgumentException>(() => new AirlockClient(_address, options)).Message;
            Assert.Contains("WebSocketFactory makes the WebSocket", wrong, StringComparison.Ordinal);
            Assert.Contains("leave ConfigureWebSocket and HttpInvoker out", wrong, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("ws://localhost/chat#part", "leave out what follows the #")]
    [InlineData("ws://ann@localhost/chat", "give Token or Ticket")]
    [InlineData("ws://localhost/chat?a=b&ticket=c", "Ticket gives one for each connection")]
    [InlineData("ftp://localhost/", "ws, wss, http or https, not 'ftp'")]
    [InlineData("chat", "give it whole, like wss://example.org/chat")]
    [InlineData("chat#part", "give it whole, like wss://example.org/chat")]
    [InlineData("ann@host?ticket=c", "give it whole, like wss://example.org/chat")]
    public void An_address_that_cannot_be_dialed_is_refused_with_what_to_do(string address, string words)
    {
        var options = new AirlockClientOptions { Ticket = static _ => new("t"), CredentialsIn = CredentialCarrier.Query };
        Assert.Contains(words, Assert.Throws<ArgumentException>("endpoint", () => new AirlockClient(new Uri(address, UriKind.RelativeOrAbsolute), options)).Message, StringComparison.Ordinal);
        // Only a ticket of the client's own, in the address too, makes it two.
        _ = new AirlockClient(new Uri("ws://localhost/chat?tickets=c&the=ticket"), options);
        _ = new AirlockClient(new Uri("ws://localhost/chat?ticket=c"), new AirlockClientOptions { Ticket = static _ => new("t") });
        _ = new AirlockClient(new Uri("ws://localhost/chat?ticket=c"), new AirlockClientOptions { CredentialsIn = CredentialCarrier.Query });
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
