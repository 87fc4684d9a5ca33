using Airlock.Core;

namespace Airlock.Client.Tests.Reference;

/// <summary>The server's end of one connection of a schedule.</summary>
/// <param name="id">Its id.</param>
/// <param name="send">Puts a message on the way to the client.</param>
/// <param name="close">Puts a close on the way to the client, behind every message.</param>
internal sealed class ModelConnection(string id, Action<byte[]> send, Action<int, string> close)
{
    private long _cursor;
    private long _stored;
    private long _done;

    public string Id { get; } = id;

    public ModelSession? Session { get; private set; }

    public long Generation { get; private set; }

    /// <summary>When the credentials expire, by the server's clock; 0 without any.</summary>
    public long Expires { get; set; }

    public bool HasToken => Expires > 0;

    public bool IsClosing { get; private set; }

    public void Write(Action<FrameWriter> write)
    {
        if (IsClosing)
        {
            return;
        }

        using var writer = new FrameWriter();
        writer.Begin();
        write(writer);
        if (writer.Frames > 0)
        {
            send(writer.Finish().ToArray());
        }
    }

    public void Close(CloseReason reason)
    {
        if (IsClosing)
        {
            return;
        }

        var code = reason.CodeFor(Session is not null);
        Write(writer => writer.Write(new ClosingFrame { Code = code, Cause = reason.Cause, Retry = "never", Resumable = true, Message = reason.Summary }));
        IsClosing = true;
        Detach();
        close(code, reason.Cause);
    }

    /// <summary>The transport has ended.</summary>
    public void Lost()
    {
        IsClosing = true;
        Detach();
    }

    public void Enter(ModelSession session, long cursor, string outcome, IReadOnlyList<LostFrame>? lost)
    {
        var (core, at) = (session.Core, session.Core.Positions);
        (Session, Generation, _cursor, _stored, _done) = (session, core.Generation, cursor, at.Stored, at.Done);
        session.Connection = this;
        Write(writer => writer.Write(new ReadyFrame
        {
            Session = session.Id,
            Generation = core.Generation,
            Attempt = core.Attempt,
            Resume = outcome,
            Window = 8,
            Idle = 5000,
            Received = at.Stored,
            Done = at.Done,
            ReplayTo = at.Appended,
            Lost = lost,
        }));
        Flush();
    }

    /// <summary>Writes what the client lacks.</summary>
    public void Flush()
    {
        if (Session is not { } session || IsClosing || session.Core.Generation != Generation)
        {
            return;
        }

        Write(writer =>
        {
            while (writer.Frames < 8 && session.Core.Outbox.After(_cursor) is { } entry)
            {
                _cursor = entry.Sequence;
                writer.Write(entry);
            }

            var at = session.Core.Positions;
            if (session.Core.Outbox.After(_cursor) is null && (at.Stored > _stored || at.Done > _done))
            {
                (_stored, _done) = (at.Stored, at.Done);
                writer.WriteAck(at.Stored, at.Done);
            }
        });
        if (session.Core.Outbox.After(_cursor) is not null)
        {
            Flush();
        }
        else if (session.Core.IsFinished)
        {
            Close(CloseReason.Bye);
        }
    }

    private void Detach()
    {
        if (Session is { } session && session.Core.Detach(Generation) && session.Connection == this)
        {
            session.Connection = null;
        }
    }
}
