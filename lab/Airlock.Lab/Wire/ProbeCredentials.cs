using Airlock.Core;

namespace Airlock.Lab.Wire;

/// <summary>What a walk shows, and where.</summary>
internal sealed record ProbeCredentials
{
    /// <summary>Nothing at all.</summary>
    public static ProbeCredentials None { get; } = new();

    /// <summary>In the first frame, where nothing on the way strips it.</summary>
    public HelloCredentials? InHello { get; init; }

    /// <summary>Headers of the request.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Sub-protocols besides the protocol's own.</summary>
    public IReadOnlyList<string> SubProtocols { get; init; } = [];

    /// <summary>A ticket for the query.</summary>
    public string? TicketInQuery { get; init; }

    /// <summary>What the server is told was sent; null for nothing.</summary>
    public IReadOnlyList<string>? Sent { get; init; }

    /// <summary>The address with what travels in it.</summary>
    public Uri AddressOf(Uri url) => TicketInQuery is null ? url : new UriBuilder(url) { Query = $"{url.Query.TrimStart('?')}{(url.Query.Length > 1 ? "&" : "")}ticket={Uri.EscapeDataString(TicketInQuery)}" }.Uri;
}
