using System.Net.WebSockets;
using System.Reflection;
using System.Text.Json;
using Airlock.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Airlock.Client;

/// <summary>How a client connects and how much it holds. Read once, by the client's constructor, which checks every value.</summary>
public sealed class AirlockClientOptions
{
    private static readonly string _library = $"airlock-dotnet/{typeof(AirlockClientOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]}";

    /// <summary>Gives a token for each connection and each refresh; called on the thread pool. Null, or a null token, means no credentials.</summary>
    /// <remarks>
    /// It may give a token that it has kept, unless <see cref="CredentialsRequest.Reason"/> is <see cref="CredentialsReason.Expired"/>. If it throws, or gives no answer
    /// within <see cref="ConnectTimeout"/>, the client tries again after a back-off; the close cause is <c>credentials_unavailable</c>. Nothing of the client waits for it longer
    /// than that; while 8 calls are unanswered there is no further one.
    /// </remarks>
    public Func<CredentialsRequest, ValueTask<string?>>? Token { get; set; }

    /// <summary>Gives a fresh one-time ticket for each connection, in place of <see cref="Token"/>. Tickets cannot be refreshed in-band. Else as <see cref="Token"/>.</summary>
    public Func<CredentialsRequest, ValueTask<string?>>? Ticket { get; set; }

    /// <summary>Where the credentials travel. Default: <see cref="CredentialCarrier.Hello"/>.</summary>
    public CredentialCarrier CredentialsIn { get; set; }

    /// <summary>Name and version of the application, for the server's logs.</summary>
    /// <value>From 1 to 128 characters, none of them a control character. Default: the name and version of this library.</value>
    public string ClientName { get; set; } = _library;

    /// <summary>How many messages may be sent and unfinished.</summary>
    /// <value>From 1 to 1,000,000. Default: 1,024. Beyond it <c>Send</c> throws <see cref="AirlockRefusedException"/> with cause <c>queue_full</c>.</value>
    public int UnfinishedMax { get; set; } = 1024;

    /// <summary>How many payload bytes may be sent and unfinished.</summary>
    /// <value>From 1 byte to 1 GiB. Default: 16 MiB. Beyond it <c>Send</c> throws <see cref="AirlockRefusedException"/> with cause <c>queue_full</c>.</value>
    public long UnfinishedBytesMax { get; set; } = 16 * 1024 * 1024;

    /// <summary>How many payload bytes may have arrived and wait for <c>MessagesAsync</c>; must exceed the server's own limit of unacknowledged bytes (4 MiB by default).</summary>
    /// <value>From 1 MiB to 2 GiB. Default: 64 MiB. A server that sends more breaks its own limit; the client stops with <c>server_violation</c>.</value>
    public long UnhandledBytesMax { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long getting credentials, connecting and the server's first frame may take together.</summary>
    /// <value>From 1 millisecond to 1 hour. Default: 30 seconds. Then the next attempt follows.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the closing handshake may take, by <see cref="TimeProvider"/>: it is what bounds <see cref="AirlockClient.DisposeAsync"/>; and how long <see cref="AirlockClient.LeaveAsync"/> waits for an application that reads nothing.</summary>
    /// <value>From 1 millisecond to 1 hour. Default: 5 seconds. Then the transport is aborted; what arrived for an application that is leaving counts as received, though it is still given.</value>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Sets up the WebSocket of each connection: headers, proxy, certificates, HTTP version. Sub-protocols and keep-alive belong to the client.</summary>
    /// <remarks>
    /// Without it an HTTP answer that redirects is not followed (<c>http_302</c>, tried again). With it the platform follows, and takes a token that travels as a sub-protocol along; an
    /// <see cref="HttpInvoker"/> whose handler has <c>AllowAutoRedirect = false</c> does not.
    /// </remarks>
    public Action<ClientWebSocketOptions>? ConfigureWebSocket { get; set; }

    /// <summary>Makes the requests, or null for one handler per connection. HTTP/2 connections are shared only with an invoker. It keeps cookies itself (an anonymous user's session needs them). The caller disposes it.</summary>
    public HttpMessageInvoker? HttpInvoker { get; set; }

    /// <summary>Makes the WebSocket of each connection, already open, in place of <see cref="ClientWebSocket"/>: over a test server, another transport, another library. Called on the thread pool.</summary>
    /// <remarks>
    /// It has to offer what the <see cref="WebSocketRequest"/> says. An <see cref="ArgumentException"/>, a <see cref="NotSupportedException"/> or null means that the client cannot work
    /// (<c>configuration_invalid</c>); an <see cref="HttpRequestException"/> with a status is an HTTP answer, named by it (<c>http_403</c>); anything else is tried again after a back-off. The client closes and
    /// disposes the WebSocket. Cookies, headers and keep-alive are the factory's: without the server's cookie an anonymous user is a new one on each connection. Not with
    /// <see cref="ConfigureWebSocket"/> or <see cref="HttpInvoker"/>.
    /// </remarks>
    public Func<WebSocketRequest, CancellationToken, Task<WebSocket>>? WebSocketFactory { get; set; }

    /// <summary>How values become payloads and payloads values. Default: <see cref="JsonSerializerOptions.Web"/>.</summary>
    public JsonSerializerOptions JsonSerializerOptions { get; set; } = JsonSerializerOptions.Web;

    /// <summary>Where the client tells what it does. Never tokens, session ids or payloads. Default: nowhere.</summary>
    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>The clock and the timers. Default: <see cref="TimeProvider.System"/>.</summary>
    /// <remarks>
    /// There is no other clock in the client. On one that only a test moves, what waits for time waits for the test: a dispose too, where the server does not answer the close. Move it by
    /// <see cref="CloseTimeout"/>, or let the server answer.
    /// </remarks>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where an earlier process of this client stood (<see cref="AirlockClient.Export"/>), or null to start anew.</summary>
    public AirlockClientState? State { get; set; }

    /// <summary>From 0 to below 1; spreads reconnects.</summary>
#pragma warning disable RS0030 // The one source of randomness, and the next of ids.
    internal Func<double> Jitter { get; set; } = Random.Shared.NextDouble;

    /// <summary>Gives an id that nobody else has, of at most 64 characters from <c>!</c> to <c>~</c>.</summary>
    internal Func<string> NewId { get; set; } = static () => Guid.NewGuid().ToString("N");
#pragma warning restore RS0030

    /// <summary>Starts all of the client's work.</summary>
    internal Spawner Spawner { get; set; } = Spawner.Pool;

    /// <summary>What a client keeps: values that were checked do not change any more.</summary>
    internal AirlockClientOptions Copy() => (AirlockClientOptions)MemberwiseClone();

    internal void Check()
    {
        if (Token is not null && Ticket is not null)
        {
            throw new ArgumentException("Give Token or Ticket, not both.");
        }

        if (Ticket is not null && CredentialsIn is CredentialCarrier.SubProtocol or CredentialCarrier.AuthorizationHeader)
        {
            throw new ArgumentException("A ticket travels in Hello or Query.");
        }

        if (Token is not null && CredentialsIn == CredentialCarrier.Query)
        {
            throw new ArgumentException("A token never travels in a URL; use a ticket.");
        }

        if (!Enum.IsDefined(CredentialsIn))
        {
            throw new ArgumentException($"{nameof(CredentialsIn)} is {CredentialsIn}.");
        }

        if (WebSocketFactory is not null && (ConfigureWebSocket is not null || HttpInvoker is not null))
        {
            throw new ArgumentException($"{nameof(WebSocketFactory)} makes the WebSocket: set it up there, and leave {nameof(ConfigureWebSocket)} and {nameof(HttpInvoker)} out.");
        }

        ArgumentNullException.ThrowIfNull(ClientName);
        if (ClientName.Any(char.IsControl))
        {
            throw new ArgumentException($"{nameof(ClientName)} has a control character.");
        }

        Within(nameof(ClientName), ClientName.Length, 1, WireLimits.NameLengthMax);
        Within(nameof(UnfinishedMax), UnfinishedMax, 1, 1_000_000);
        Within(nameof(UnfinishedBytesMax), UnfinishedBytesMax, 1, 1L << 30);
        Within(nameof(UnhandledBytesMax), UnhandledBytesMax, 1L << 20, 1L << 31);
        Within(nameof(ConnectTimeout), ConnectTimeout.TotalMilliseconds, 1, 3_600_000);
        Within(nameof(CloseTimeout), CloseTimeout.TotalMilliseconds, 1, 3_600_000);
        ArgumentNullException.ThrowIfNull(JsonSerializerOptions);
        ArgumentNullException.ThrowIfNull(Logger);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }

    private static void Within(string name, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"From {least} to {most}.");
        }
    }
}
