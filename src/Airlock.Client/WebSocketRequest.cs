using System.Net.WebSockets;

namespace Airlock.Client;

/// <summary>What the WebSocket of one connection has to be opened with; see <see cref="AirlockClientOptions.WebSocketFactory"/>. Immutable. It may hold credentials: do not log it.</summary>
public sealed class WebSocketRequest
{
    internal WebSocketRequest(int number, Uri address, IReadOnlyList<string> subProtocols, IReadOnlyDictionary<string, string> headers) =>
        (Number, Address, SubProtocols, Headers) = (number, address, subProtocols, headers);

    /// <summary>Which of the client's connections it is for, counted from 1; <see cref="ConnectionChange.Number"/> tells what becomes of it.</summary>
    public int Number { get; }

    /// <summary>The address, <c>ws</c> or <c>wss</c>, with a ticket in its query if that is where it travels.</summary>
    public Uri Address { get; }

    /// <summary>The sub-protocols to offer, in order. The server has to select the first; <see cref="WebSocket.SubProtocol"/> tells.</summary>
    public IReadOnlyList<string> SubProtocols { get; }

    /// <summary>The headers to send: <c>Authorization</c> if the token travels there, else none.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>Leaves out what may be a secret.</summary>
    public override string ToString() => Address.GetLeftPart(UriPartial.Path);
}
