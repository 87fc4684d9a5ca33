namespace Airlock.Core;

/// <summary>The bounds of everything a peer sends (<c>spec/wire.md</c> §2).</summary>
public static class WireLimits
{
    /// <summary>The highest sequence number: 2^53 − 1, the largest whole number that JavaScript keeps exactly.</summary>
    public const long SequenceMax = (1L << 53) - 1;

    /// <summary>Frames in one message.</summary>
    public const int FramesMax = 256;

    /// <summary>Nesting of a whole message: the array, a frame, and what is in it.</summary>
    public const int DepthMax = PayloadDepthMax + 2;

    /// <summary>Nesting of a payload, and of any other field of a frame, whichever way it goes and whether or not its frame stands in an array: a payload that came alone must be able to go back among others.</summary>
    public const int PayloadDepthMax = 62;

    /// <summary>Characters of a message's id.</summary>
    public const int IdLengthMax = 64;

    /// <summary>Characters of <c>client</c>, <c>instance</c>, <c>session</c> and each of <c>sent</c>.</summary>
    public const int NameLengthMax = 128;

    /// <summary>Entries of <c>sent</c>.</summary>
    public const int CarriersMax = 16;

    /// <summary>Names in <c>can</c>.</summary>
    public const int CanMax = 32;

    /// <summary>Characters of a name in <c>can</c>.</summary>
    public const int CanLengthMax = 32;

    /// <summary>Characters of a <c>proof</c>.</summary>
    public const int ProofLengthMax = 1024;

    /// <summary>Entries of <c>saw</c>.</summary>
    public const int SeenClosesMax = 4;

    /// <summary>Characters of the <c>cause</c> in one of <c>saw</c>.</summary>
    public const int CauseLengthMax = 64;

    /// <summary>Characters of a token or ticket.</summary>
    public const int TokenLengthMax = 16_384;

    /// <summary>Bytes of a message from server to client.</summary>
    public const int ServerMessageBytesMax = 1024 * 1024;
}
