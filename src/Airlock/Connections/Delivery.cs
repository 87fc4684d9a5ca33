using Airlock.Core;

namespace Airlock;

/// <summary>What is sent of the session: its entries by cursor, so that replay is live delivery from an earlier place, and its positions. Its writer's; not safe for concurrent use.</summary>
internal sealed class Delivery(AttachedSession session)
{
    /// <summary>A message is cut at this size when more frames follow.</summary>
    private const int BatchBytes = 16 * 1024;

    private long _cursor = session.Outcome.Positions.Acked;
    private long _ackedSent = session.Outcome.Positions.Stored;
    private long _doneSent = session.Outcome.Positions.Done;
    // The session may have changed between its attach and now.
    private bool _isPositionsDue = true;

    internal AttachedSession Session { get; } = session;

    /// <summary>The session has changed: what is new goes out with the next message.</summary>
    internal void NoteChanged() => _isPositionsDue = true;

    /// <summary>The positions are told once more, though they are not higher than those that were sent.</summary>
    internal void RepeatPositions()
    {
        _ackedSent = -1;
        _isPositionsDue = true;
    }

    /// <summary>Writes what the client lacks, as much as belongs into one message.</summary>
    internal void Write(FrameWriter writer)
    {
        // Read before the entries: "done" is told only with, or after, the last entry of the turns it covers.
        var positions = Session.Log.Positions;
        while (writer.Frames < WireLimits.FramesMax - 1 && writer.Bytes < BatchBytes && Session.Log.After(_cursor) is { } entry)
        {
            if (writer.Frames > 0 && writer.Bytes + entry.Payload.Length > Payload.BytesMax)
            {
                break;
            }

            _cursor = entry.Sequence;
            var (acked, done) = entry.Sequence >= positions.Appended ? NewPositions(positions) : (null, null);
            writer.Write(entry, acked, done);
        }

        if (_isPositionsDue && _cursor >= positions.Appended)
        {
            _isPositionsDue = false;
            var (acked, done) = NewPositions(positions);
            if (acked is not null)
            {
                writer.WriteAck(acked.Value, done);
            }
        }
    }

    /// <summary>In plain mode: the payload of the next message; null if there is none.</summary>
    /// <param name="sent">The number up to which everything is sent with it; 0 if nothing was new. The client says nothing of what it has, so this counts as received.</param>
    internal ReadOnlyMemory<byte>? NextPlain(out long sent)
    {
        sent = 0;
        while (Session.Log.After(_cursor) is { } entry)
        {
            sent = _cursor = entry.Sequence;
            if (entry.Kind == EntryKind.Data)
            {
                return entry.Payload;
            }
        }

        return null;
    }

    /// <summary>The positions, if they are higher than those sent last.</summary>
    private (long? Acked, long? Done) NewPositions(SessionPositions positions)
    {
        if (positions.Stored == _ackedSent && positions.Done == _doneSent)
        {
            return (null, null);
        }

        (_ackedSent, _doneSent) = (positions.Stored, positions.Done);
        return (_ackedSent, _doneSent);
    }
}
