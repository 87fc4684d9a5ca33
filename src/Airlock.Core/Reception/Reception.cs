using static Airlock.Core.FrameMeaning;
using static Airlock.Core.FrameType;
using static Airlock.Core.ReceptionPhase;

namespace Airlock.Core;

/// <summary>The second table: what each frame of a client means in each phase, and which cause a refusal has. A driver asks it and does what it says.</summary>
/// <remarks>
/// The switches are nested and have no default, so a pair left out is a compile error (CS8509).
/// <c>spec/reception-table.md</c> is printed from running this table.
/// </remarks>
public static class Reception
{
#pragma warning disable CS8524 // Values outside the enums cannot occur; a default arm would hide a missing pair (CS8509 stays an error).
    /// <summary>What a frame means.</summary>
    /// <param name="phase">How far the connection is.</param>
    /// <param name="frame">What came.</param>
    public static FrameMeaning Of(ReceptionPhase phase, FrameType frame) => phase switch
    {
        BeforeHello => frame switch
        {
            FrameType.Hello => FrameMeaning.Hello,
            Data or Ack or FrameType.Stop or FrameType.Refresh or FrameType.Bye or Pong => CloseWithoutHello,
            Open or Authed or Gate or Ready or Nack or End or FrameType.Void or Drain or Closing or Ping or Gap or Unknown => CloseUnknown,
        },
        Starting => frame switch
        {
            // The lifecycle knows whether it is the first.
            FrameType.Hello => FrameMeaning.Hello,
            Data => Hold,
            Ack or FrameType.Stop => CloseOutOfPhase,
            FrameType.Refresh => FrameMeaning.Refresh,
            FrameType.Bye => FrameMeaning.Bye,
            Pong => Nothing,
            Open or Authed or Gate or Ready or Nack or End or FrameType.Void or Drain or Closing or Ping or Gap or Unknown => CloseUnknown,
        },
        Serving => frame switch
        {
            FrameType.Hello => FrameMeaning.Hello,
            Data => Store,
            Ack => Acknowledge,
            FrameType.Stop => FrameMeaning.Stop,
            FrameType.Refresh => FrameMeaning.Refresh,
            FrameType.Bye => FrameMeaning.Bye,
            Pong => Nothing,
            Open or Authed or Gate or Ready or Nack or End or FrameType.Void or Drain or Closing or Ping or Gap or Unknown => CloseUnknown,
        },
        // The client may have sent it before it could know.
        Ending => Nothing,
    };

    /// <summary>Why a frame that means this closes the connection; null if it does not.</summary>
    /// <param name="meaning">What the frame means.</param>
    public static CloseReason? CauseOf(FrameMeaning meaning) => meaning switch
    {
        CloseWithoutHello => CloseReason.HelloMissing,
        CloseOutOfPhase => CloseReason.FrameOutOfPhase,
        CloseUnknown => CloseReason.UnknownFrame,
        FrameMeaning.Hello or FrameMeaning.Refresh or FrameMeaning.Bye or Hold or Store or Acknowledge or FrameMeaning.Stop or Nothing => null,
    };

    /// <summary>Why a message that was not stored closes the connection; null if it does not.</summary>
    /// <param name="verdict">What storing it did.</param>
    public static CloseReason? CauseOf(AppendVerdict verdict) => verdict switch
    {
        AppendVerdict.Stored or AppendVerdict.Repeat => null,
        AppendVerdict.Conflict => CloseReason.SequenceConflict,
        AppendVerdict.Gap => CloseReason.SequenceGap,
        AppendVerdict.WindowExceeded => CloseReason.WindowExceeded,
        // The client has said that nothing more comes.
        AppendVerdict.InputEnded => CloseReason.FrameOutOfPhase,
        // Mostly the connection was told so already. A store may know it only now, and then nobody else says it.
        AppendVerdict.Fenced => CloseReason.Superseded,
        // The close with its cause is under way.
        AppendVerdict.Ended => null,
    };

    /// <summary>Why an acknowledgement that was not applied closes the connection; null if it does not.</summary>
    /// <param name="verdict">What the acknowledgement did.</param>
    public static CloseReason? CauseOf(AckVerdict verdict) => verdict switch
    {
        AckVerdict.Applied => null,
        AckVerdict.BeyondAppended or AckVerdict.Backward => CloseReason.AckInvalid,
        AckVerdict.Fenced => CloseReason.Superseded,
        AckVerdict.Ended => null,
    };

    /// <summary>Why a wish that was not heard closes the connection; null if it does not.</summary>
    /// <param name="verdict">What became of it.</param>
    public static CloseReason? CauseOf(AttachmentVerdict verdict) => verdict switch
    {
        AttachmentVerdict.Applied => null,
        AttachmentVerdict.Fenced => CloseReason.Superseded,
        AttachmentVerdict.Ended => null,
    };
#pragma warning restore CS8524
}
