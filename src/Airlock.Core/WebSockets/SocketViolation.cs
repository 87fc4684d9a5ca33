namespace Airlock.Core;

/// <summary>How a client's bytes break the WebSocket protocol (RFC 6455).</summary>
public enum SocketViolation
{
    /// <summary>A frame without a mask (§5.1).</summary>
    FrameNotMasked,

    /// <summary>A reserved bit is set, and no extension was agreed to that gives it a meaning (§5.2).</summary>
    ReservedBitSet,

    /// <summary>An opcode that is reserved (§5.2).</summary>
    OpcodeReserved,

    /// <summary>A control frame in fragments (§5.5).</summary>
    ControlFrameFragmented,

    /// <summary>A control frame of more than 125 bytes (§5.5).</summary>
    ControlFrameTooLong,

    /// <summary>A continuation of no message (§5.4).</summary>
    ContinuationOfNothing,

    /// <summary>A new message before the one before is whole (§5.4).</summary>
    MessageWithinMessage,

    /// <summary>A length whose highest bit is set (§5.2).</summary>
    LengthNegative,

    /// <summary>A close frame with one byte: half a code (§5.5.1).</summary>
    CloseCodeHalf,

    /// <summary>A close frame with a code that may not be sent (§7.4).</summary>
    CloseCodeForbidden,

    /// <summary>A close frame whose reason is not UTF-8 (§5.5.1).</summary>
    CloseReasonNotUtf8,
}
