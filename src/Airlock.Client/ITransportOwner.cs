using System.Net;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>Whom a transport tells what happens to it, and asks for what it sends.</summary>
internal interface ITransportOwner
{
    /// <summary>Where credentials for a connection come from.</summary>
    CredentialsSource Credentials { get; }

    /// <summary>What the server set on the way, for the next handshake.</summary>
    CookieContainer Cookies { get; }

    /// <summary>Whether there is a session to go on with.</summary>
    bool HasSession { get; }

    /// <summary>The application has said with which credentials to connect.</summary>
    void Offered(Link link, Offer offer);

    /// <summary>Something came.</summary>
    void Heard(Link link);

    /// <summary>A message came.</summary>
    void Received(Link link, ReadOnlyMemory<byte> message);

    /// <summary>The server broke the rules of the WebSocket layer.</summary>
    void Violated(Link link, string text);

    /// <summary>The connection is over.</summary>
    void Ended(Link link, Ending ending);

    /// <summary>Writes what is to be sent next.</summary>
    /// <returns>Whether messages of the application are among it.</returns>
    bool Fill(Link link, FrameWriter writer);
}
