using Airlock.Lab.Simulation;

namespace Airlock.Lab.Subjects.Production;

/// <summary>One connection that a scenario lets a <see cref="ShippedClient"/> make.</summary>
/// <param name="handshake">The connection, dialed or not.</param>
internal sealed class Dial(Handshake handshake)
{
    public Handshake Handshake => handshake;

    /// <summary>Whether it became ready, once that is decided.</summary>
    public TaskCompletionSource<bool> WhenReady { get; } = new();

    /// <summary>When it is over.</summary>
    public TaskCompletionSource WhenClosed { get; } = new();

    public bool IsReady => WhenReady.Task is { IsCompletedSuccessfully: true, Result: true };

    public bool IsOver => WhenClosed.Task.IsCompleted;

    /// <summary>The HTTP status that it was refused with, or 0.</summary>
    public int Refused { get; set; }

    public ClientSocket? Socket { get; set; }
}
