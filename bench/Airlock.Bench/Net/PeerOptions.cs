namespace Airlock.Bench.Net;

/// <summary>What a peer connects to, and what it sends.</summary>
/// <param name="Port">The server's port on loopback.</param>
/// <param name="Path">The endpoint.</param>
/// <param name="Number">Which peer it is, of all that this process makes.</param>
/// <param name="Token">Its user's token.</param>
/// <param name="Payload">What its messages hold: ASCII that JSON does not escape.</param>
/// <param name="IsSubscriber">Whether it listens to what others send, rather than to its own answers.</param>
internal sealed record PeerOptions(int Port, string Path, int Number, string Token, byte[] Payload, bool IsSubscriber);
