namespace Airlock.Client;

/// <summary>The server broke the protocol. Never leaves the client: it ends the connection with 4902.</summary>
internal sealed class ServerViolation(string message) : Exception(message);
