namespace Airlock.Core;

/// <summary>One frame as read. The frames of the hot path are all fields; those of the start and the end carry a <see cref="Body"/>.</summary>
public readonly record struct Frame
{
    /// <summary>What it is.</summary>
    public FrameType Type { get; init; }

    /// <summary><c>s</c>: the number of a numbered frame, or the message a <c>stop</c> names; else 0.</summary>
    public long Sequence { get; init; }

    /// <summary><c>a</c>: the position the peer has reached, or null if the frame carries none.</summary>
    public long? Acked { get; init; }

    /// <summary><c>d</c>: how far turns are done, or null if the frame carries none.</summary>
    public long? Done { get; init; }

    /// <summary><c>re</c>: the client's number this answers; 0 if none.</summary>
    public long Re { get; init; }

    /// <summary><c>try</c>: which try of the turn; 0 if none.</summary>
    public int Try { get; init; }

    /// <summary><c>p</c>: whether the data is provisional.</summary>
    public bool Provisional { get; init; }

    /// <summary><c>stopped</c>: whether a stop ended the turn.</summary>
    public bool Stopped { get; init; }

    /// <summary><c>missed</c> of a <c>gap</c>: how many pushes did not fit; else 0.</summary>
    public long Missed { get; init; }

    /// <summary><c>id</c>: the idempotency key of a client's message.</summary>
    public string? Id { get; init; }

    /// <summary><c>cause</c> of a <c>nack</c>.</summary>
    public string? Cause { get; init; }

    /// <summary><c>status</c> of a <c>nack</c>.</summary>
    public string? Status { get; init; }

    /// <summary><c>b</c>: the payload as it stands in the message read. Valid as long as that message's buffer.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary><c>traceparent</c> of a client's <c>data</c> as it stands in the message read, if it is a good one (<see cref="Core.TraceParent"/>); else empty. Valid as long as that message's buffer.</summary>
    public ReadOnlyMemory<byte> TraceParent { get; init; }

    /// <summary>For <c>open</c>, <c>hello</c>, <c>authed</c>, <c>gate</c>, <c>ready</c>, <c>drain</c>, <c>refresh</c> and <c>closing</c>: the record of that name, e.g. <see cref="HelloFrame"/>. Else null.</summary>
    public object? Body { get; init; }
}
