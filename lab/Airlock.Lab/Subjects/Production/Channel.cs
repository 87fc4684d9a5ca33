using System.Net.WebSockets;
using Airlock.Core;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Subjects.Production;

/// <summary>One connection of a <see cref="HostilePeer"/>: what it forgets when it dials anew.</summary>
/// <param name="handshake">The connection.</param>
/// <param name="resume">What its hello asks for, or null.</param>
internal sealed class Channel(Handshake handshake, ResumeRequest? resume)
{
    public Handshake Handshake => handshake;

    public ResumeRequest? Resume => resume;

    /// <summary>Whether it became ready, once that is decided.</summary>
    public TaskCompletionSource<bool> WhenReady { get; } = new();

    /// <summary>When it is over.</summary>
    public TaskCompletionSource WhenClosed { get; } = new();

    /// <summary>Frames that go first.</summary>
    public Queue<Action<FrameWriter>> Control { get; } = new();

    /// <summary>Messages that go as they are.</summary>
    public Queue<string> Raw { get; } = new();

    public WebSocket? Socket { get; set; }

    public bool IsWriting { get; set; }

    /// <summary>Whether the client has closed it, be it before it was open.</summary>
    public bool IsGivenUp { get; set; }

    /// <summary>Whether the client waited in vain and does not even close it.</summary>
    public bool IsHopeless { get; set; }

    public bool IsReady { get; set; }

    /// <summary>Whether messages may go already.</summary>
    public bool MaySend { get; set; }

    /// <summary>How many of the client's messages may be unfinished here.</summary>
    public int Window { get; set; }

    /// <summary>The highest of the client's numbers that was sent here, or is known to be stored.</summary>
    public long Sent { get; set; }

    /// <summary>What was acknowledged here.</summary>
    public long Acked { get; set; }
}
