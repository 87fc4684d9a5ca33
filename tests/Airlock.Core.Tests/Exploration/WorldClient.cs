namespace Airlock.Core.Tests;

/// <summary>What the client of the explored world knows. A value.</summary>
internal record struct WorldClient
{
    /// <summary>The connection it is on, as an index of a slot; −1 while it has none.</summary>
    public int Slot;
    public bool Greeted;
    public bool Ready;
    public bool Gone;
    public byte Attempt;
    public int Session;
    public byte Received;
    public byte AckSent;
    public byte Next;
    public byte Done;
    public bool StopSent;

    public readonly void WriteTo(List<byte> bytes, int connection) => bytes.AddRange([(byte)connection, (byte)((Greeted ? 1 : 0) | (Ready ? 2 : 0) | (Gone ? 4 : 0) | (StopSent ? 8 : 0)),
        Attempt, (byte)Session, Received, AckSent, Next, Done]);
}
