using System.Text;
using Airlock.Core;

namespace Airlock.Client.Tests.Reference;

/// <summary>A server of a schedule: the real session core on virtual time. It keeps to the protocol, and notes whatever the client does against it.</summary>
internal sealed class ModelServer(ClientSchedule schedule)
{
    /// <summary>The server's clock when the time is zero.</summary>
    public const long Epoch = 1_700_000_000_000;

    private readonly HashSet<string> _finished = [];
    private int _sessions;
    private int _pushes;

    public Dictionary<string, ModelSession> Sessions { get; } = [];

    public void Accept(ModelConnection connection)
    {
        connection.Write(writer => writer.Write(new OpenFrame
        {
            Version = 1,
            Connection = connection.Id,
            Now = Epoch + (long)schedule.Now.TotalMilliseconds,
            Deadlines = new PhaseDeadlines { Hello = 10_000, Authentication = 10_000, Gate = 30_000, Attach = 10_000 },
            Hold = new HoldCredit { Messages = 8, Bytes = 16_384 },
            Limits = new MessageLimits { Message = 65_536, Frames = 256 },
            Carriers = [],
            Can = Protocol.Can,
        }));
    }

    public void Receive(ModelConnection connection, byte[] message)
    {
        var reader = new FrameReader(message, fromServer: false);
        while (!connection.IsClosing && reader.TryRead(out var frame))
        {
            OnFrame(connection, frame);
        }

        if (reader.Error is { } error)
        {
            schedule.Violation($"the server read {error.Cause}");
        }
    }

    /// <summary>Something of the server's own: a push, a drain, a word about the credentials, an end.</summary>
    public void Stir(ModelConnection connection)
    {
        if (connection.IsClosing || connection.Session is not { } session)
        {
            return;
        }

        switch (schedule.Random.Next(10))
        {
            case < 5:
                session.Do(core => core.Push(Encoding.UTF8.GetBytes($"\"push {++_pushes}\"")));
                break;
            case 5:
                connection.Write(static writer => writer.Write(FrameType.Ping));
                break;
            case 6:
                connection.Write(writer => writer.Write(new DrainFrame { Delay = schedule.Random.Next(2000), By = Epoch + (long)schedule.Now.TotalMilliseconds + 30_000 }));
                break;
            case 7 when connection.HasToken:
                connection.Write(writer => writer.Write(new RefreshFrame { By = Epoch + (long)schedule.Now.TotalMilliseconds + 10_000 }));
                break;
            case 8:
                CloseReason[] reasons = [CloseReason.Moved, CloseReason.Disconnected, CloseReason.SlowConsumer, CloseReason.StoreUnavailable];
                connection.Close(reasons[schedule.Random.Next(reasons.Length)]);
                break;
            case 9 when schedule.Random.Next(4) == 0:
                connection.Close(CloseReason.SessionEnded);
                End(session);
                break;
            default:
                break;
        }
    }

    /// <summary>Handles what waits, a while after it came.</summary>
    public void Work(ModelSession session)
    {
        if (session.Works || session.Core.Inbox.Next is null || session.Core.State == SessionState.Ended)
        {
            return;
        }

        session.Works = true;
        schedule.After(schedule.Random.Next(300), () =>
        {
            session.Works = false;
            if (session.Core.State != SessionState.Ended && session.Core.Inbox.Next is { } next && !session.Core.Outbox.IsFull)
            {
                Handle(session, next);
            }

            // A full outbox is looked at again.
            Work(session);
        });
    }

    public void End(ModelSession session)
    {
        session.Do(static core => core.End());
        Sessions.Remove(session.Id);
    }

    private void Handle(ModelSession session, InboxMessage message)
    {
        if (_finished.Contains(message.Id))
        {
            session.Do(static core => core.Nack("duplicate", "done"));
            return;
        }

        if (schedule.Random.Next(20) == 0)
        {
            _finished.Add(message.Id);
            session.Do(static core => core.Nack("handler_failed"));
            return;
        }

        session.Do(core =>
        {
            var @try = core.BeginTry();
            for (var part = schedule.Random.Next(3); part > 0; part--)
            {
                core.Stream(message.Sequence, @try, Encoding.UTF8.GetBytes($"\"{message.Id} part {@try}.{part}\""));
            }

            if (schedule.Random.Next(10) == 0)
            {
                core.Fail(message.Sequence, @try);
                return;
            }

            if (!_finished.Add(message.Id))
            {
                schedule.Violation($"{message.Id} was handled twice");
            }

            session.Handled.Add(message.Id);
            core.Commit(message.Sequence, @try, core.Outbox.IsFull ? [] : [message.Payload], message.StopAsked);
        });
    }

    private void OnFrame(ModelConnection connection, in Frame frame)
    {
        if (frame.Type == FrameType.Hello)
        {
            Hello(connection, (HelloFrame)frame.Body!);
        }
        else if (frame.Type == FrameType.Refresh)
        {
            Judge(connection, ((RefreshFrame)frame.Body!).Token!, isRefresh: true);
        }
        else if (frame.Type != FrameType.Pong)
        {
            OnSessionFrame(connection, frame);
        }
    }

    private void Hello(ModelConnection connection, HelloFrame hello)
    {
        if (schedule.UsesTokens && !Judge(connection, hello.Auth!.Token!, isRefresh: false))
        {
            return;
        }

        if (!schedule.UsesTokens)
        {
            connection.Write(static writer => writer.Write(new AuthedFrame { User = "ada", Hold = new HoldCredit { Messages = 64, Bytes = 262_144 } }));
        }

        // What is to be attached may be attached late: also when the connection is gone already.
        schedule.After(schedule.Random.Next(schedule.IsCalm ? 50 : 400), () => Attach(connection, hello));
    }

    private void Attach(ModelConnection connection, HelloFrame hello)
    {
        if (connection.IsClosing)
        {
            return;
        }

        IReadOnlyList<LostFrame>? lost = null;
        if (hello.Resume is { Session: { } id } resume)
        {
            lost = [new LostFrame { Direction = "down", From = resume.Received + 1 }];
            if (Sessions.TryGetValue(id, out var old))
            {
                var (positions, before) = (old.Core.Positions, old.Connection);
                switch (old.Core.Attach(connection.Id, resume.Attempt, resume.Received, SessionFeatures.Gap))
                {
                    case ResumeVerdict.Resumed:
                        old.Keep();
                        connection.Enter(old, resume.Received, "resumed", null);
                        before?.Close(CloseReason.Superseded);
                        return;
                    case ResumeVerdict.Finished:
                        // Its close was not heard.
                        lost = [];
                        End(old);
                        break;
                    case ResumeVerdict.Stale:
                        connection.Close(CloseReason.StaleAttempt);
                        return;
                    case ResumeVerdict.Impossible:
                        schedule.Violation("a resume beyond what was sent");
                        return;
                    default:
                        schedule.Violation($"a resume from {resume.Received}, behind what was acknowledged ({positions})");
                        return;
                }
            }
        }

        var session = new ModelSession(this, $"s-{++_sessions}", new SessionCore(connection.Id, hello.Resume?.Attempt ?? 1, new SessionLimits { Window = 8, OutboxEntriesMax = 40 }, SessionFeatures.Gap));
        Sessions[session.Id] = session;
        schedule.Made(session);
        connection.Enter(session, 0, "new", lost);
    }

    /// <summary>A token is its expiry by the server's clock. One that has expired closes; in a refresh it leaves everything as it is.</summary>
    private bool Judge(ModelConnection connection, string token, bool isRefresh)
    {
        var expires = long.Parse(token, System.Globalization.CultureInfo.InvariantCulture);
        var now = Epoch + (long)schedule.Now.TotalMilliseconds;
        if (expires <= now && !isRefresh)
        {
            connection.Close(CloseReason.TokenExpired);
            return false;
        }

        if (expires > now)
        {
            connection.Expires = expires;
            schedule.After(expires - now, () =>
            {
                if (connection.Expires == expires)
                {
                    connection.Close(CloseReason.AuthenticationExpired);
                }
            });
        }

        var by = connection.Expires - ((connection.Expires - now) / 5);
        connection.Write(writer => writer.Write(new AuthedFrame { User = "ada", Expires = connection.Expires, RefreshBefore = by, Hold = new HoldCredit { Messages = 64, Bytes = 262_144 } }));
        return true;
    }

    private void OnSessionFrame(ModelConnection connection, in Frame frame)
    {
        if (connection.Session is not { } session)
        {
            schedule.Violation($"{frame.Type} before ready");
            return;
        }

        var (core, generation) = (session.Core, connection.Generation);
        if (frame.Acked is { } acked && core.Acknowledge(generation, acked) is AckVerdict.BeyondAppended or AckVerdict.Backward)
        {
            schedule.Violation($"an acknowledgement of {acked} at {core.Positions}");
        }

        switch (frame.Type)
        {
            case FrameType.Data:
                var verdict = core.Append(generation, frame.Sequence, frame.Id!, frame.Payload.ToArray());
                if (verdict is not (AppendVerdict.Stored or AppendVerdict.Repeat or AppendVerdict.Fenced))
                {
                    schedule.Violation($"data {frame.Sequence} is a {verdict} at {core.Positions}");
                }

                break;
            case FrameType.Stop:
                core.Stop(generation, frame.Sequence);
                break;
            case FrameType.Bye:
                core.EndInput(generation);
                break;
            default:
                break;
        }

        session.Keep();
        Work(session);
        session.Connection?.Flush();
    }
}
