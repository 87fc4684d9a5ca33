namespace Airlock.Core.Tests;

/// <summary>One connection of the explored world: the shipped lifecycle's snapshot, its two links, and what its driver knows.</summary>
internal sealed class WorldSlot
{
    public LifecycleSnapshot Life;
    public int Connection;
    /// <summary>The client is gone. What it had sent may still arrive; the server has not noticed.</summary>
    public bool Cut;
    public LinkFrame[] Up = [];
    public LinkFrame[] Down = [];
    public LinkFrame[] Held = [];
    public bool Greeted;
    public byte Attempt;
    public byte Received;
    public byte Resume;
    public int Authenticating;
    public int Attaching;
    /// <summary>What the store answered to the attach: 0 nothing yet, 1 attached, else 1 + the index of the reason to refuse.</summary>
    public int Answer;
    public int Generation;
    public int Session;
    public bool Resumed;
    public SessionPositions At;
    public bool Principal;
    public bool Superseded;
    public byte Cursor;
    public byte ToldStored;
    public byte ToldDone;

    public WorldSlot Copy() => (WorldSlot)MemberwiseClone();

    public void WriteTo(List<byte> bytes)
    {
        var running = 0;
        foreach (var kind in Enum.GetValues<DeadlineKind>())
        {
            running |= Life.Deadlines.Runs(kind) ? 1 << (int)kind : 0;
        }

        bytes.AddRange([(byte)Connection, (byte)Life.State, (byte)running, (byte)(running >> 8), (byte)Life.Authentication.Id, (byte)Life.Authentication.Stage, (byte)Life.Attach.Id,
            (byte)Life.Attach.Stage, (byte)Life.Handshake, (byte)Life.EffectIds, (byte)(Life.Reason is null ? 0 : 1 + ReasonIndex(Life.Reason)), Attempt, Received, Resume, (byte)Authenticating,
            (byte)Attaching, (byte)Answer, (byte)Generation, (byte)Session, (byte)At.Stored, (byte)At.Done, Cursor, ToldStored, ToldDone,
            (byte)((Cut ? 1 : 0) | (Greeted ? 2 : 0) | (Resumed ? 4 : 0) | (Principal ? 8 : 0) | (Superseded ? 16 : 0) | (Life.HasSession ? 32 : 0))]);
        foreach (var link in new[] { Up, Down, Held })
        {
            bytes.Add((byte)link.Length);
            foreach (var frame in link)
            {
                frame.WriteTo(bytes);
            }
        }
    }

    public static int ReasonIndex(CloseReason reason)
    {
        for (var i = 0; ; i++)
        {
            if (CloseReason.All[i] == reason)
            {
                return i;
            }
        }
    }
}
