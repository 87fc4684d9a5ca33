namespace Airlock.Core.Tests;

internal enum LinkFrameKind : byte
{
    Hello, Data, Ack, Stop, Bye, Close,
    Ready, Entry, Positions, Closing,
}

/// <summary>A frame on a link of the explored world, reduced to what decides.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="A">Its number, or attempt, or session.</param>
/// <param name="B">Content, or what was received, or done.</param>
/// <param name="C">The session to resume; for ready, what was received.</param>
/// <param name="D">For ready, what is done.</param>
internal readonly record struct LinkFrame(LinkFrameKind Kind, byte A = 0, byte B = 0, byte C = 0, byte D = 0)
{
    public void WriteTo(List<byte> bytes) => bytes.AddRange([(byte)Kind, A, B, C, D]);
}
