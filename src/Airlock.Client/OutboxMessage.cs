namespace Airlock.Client;

/// <summary>A message of the application, kept until the server has finished it.</summary>
internal sealed class OutboxMessage(string id, ReadOnlyMemory<byte> payload)
{
    public string Id { get; } = id;

    public ReadOnlyMemory<byte> Payload { get; } = payload;

    public Receipt Receipt { get; } = new(id);

    /// <summary>Whether the application wants it stopped.</summary>
    public bool StopAsked { get; set; }

    /// <summary>Whether an <c>end</c> said that a stop ended it.</summary>
    public bool Stopped { get; set; }
}
