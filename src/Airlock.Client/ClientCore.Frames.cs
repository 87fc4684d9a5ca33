using Airlock.Core;

namespace Airlock.Client;

// What is read from a connection and what is written to it.
internal sealed partial class ClientCore
{
    private readonly Queue<long> _stops = new();
    private Link? _hello;
    private int _pongsOfCurrent;
    private int _pongsOfNext;
    private bool _ackNow;
    private bool _saidBye;
    private bool _refreshing;
    private string? _token;

    /// <summary>A whole text message has arrived.</summary>
    public void Received(Link link, ReadOnlyMemory<byte> message, TimeSpan now)
    {
        if (IsGone(link))
        {
            return;
        }

        link.HeardAt = now;
        try
        {
            var reader = new FrameReader(message, fromServer: true);
            while (!IsGone(link) && reader.TryRead(out var frame))
            {
                OnFrame(link, frame, now);
            }

            if (reader.Error is { } error)
            {
                throw new ServerViolation($"{error.Cause}: {error.Summary}");
            }

            // At the end of the message: what refuses a message may stand behind the d that covers it.
            Settle();
        }
        catch (ServerViolation violation)
        {
            Violated(link, violation.Message, now);
        }
    }

    /// <summary>The server sent what no server may send.</summary>
    public void Violated(Link link, string text, TimeSpan now)
    {
        if (!IsGone(link))
        {
            Finish(Ending.Violated(text), now);
        }
    }

    /// <summary>The next WebSocket message for a connection; called whenever its transport can take one.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Fill(Link link, FrameWriter writer, TimeSpan now)
    {
        writer.Begin();
        if (link.IsOver)
        {
            return false;
        }

        if (_hello == link && !link.Left)
        {
            _hello = null;
            writer.Write(new HelloFrame
            {
                Version = Protocol.Version,
                Client = options.ClientName,
                Instance = Session.Instance,
                Can = Protocol.Can,
                Sent = link.Offer!.Sent,
                Auth = link.Offer.InHello(link.Open!.Carriers),
                Resume = link.Resume,
                Saw = link.Resume is null || (link == _next && Session.Seen.Count == 0) ? null : [.. Session.Seen],
                TraceParent = _wasReady ? null : _traceParent,
            });
            return true;
        }

        var framesMax = Math.Min(link.Open?.Limits.Frames ?? 1, WireLimits.FramesMax);
        ref var pongs = ref link == _next ? ref _pongsOfNext : ref _pongsOfCurrent;
        for (; (link == _next || link == _current) && !link.Left && pongs > 0 && writer.Frames < framesMax; pongs--)
        {
            writer.Write(FrameType.Pong);
        }

        if (link == _current && link.Refreshable && _token is { } token && writer.Frames < framesMax)
        {
            _token = null;
            writer.Write(new RefreshFrame { Token = token });
        }

        if (link == _current && link.Attached)
        {
            FillAttached(link, writer, framesMax);
        }

        if (link == _current && _ackNow && writer.Frames < framesMax && AckDue(link) is { } ack)
        {
            writer.WriteAck(ack);
            Acknowledged(link, ack);
        }

        return writer.Frames > 0;
    }

    private static bool IsGone(Link link) => link.IsOver || link.Left;

    private void OnFrame(Link link, in Frame frame, TimeSpan now)
    {
        link.Accept(frame, now, (_, lasted) => Tell(link, now, lasted));
        switch (frame.Type)
        {
            case FrameType.Open:
                Hello(link, now);
                break;
            case FrameType.Authed:
                Authenticated(link, now);
                break;
            case FrameType.Gate:
                Tell(link, now, gate: (GateFrame)frame.Body!);
                break;
            case FrameType.Ready:
                Attach(link, (ReadyFrame)frame.Body!, now);
                break;
            case FrameType.Ping:
                Pong(link);
                break;
            // After a token from a cache the next time to ask is set already.
            case FrameType.Refresh when link.Unrenewed > 0:
                break;
            case FrameType.Refresh:
                Refresh(link);
                break;
            case FrameType.Drain:
                Drain(link, (DrainFrame)frame.Body!, now);
                break;
            case FrameType.Closing:
                _alarms.Set(AlarmKind.Close, link, now + options.CloseTimeout);
                break;
            case FrameType.Ack:
                Session.Outbox.Acknowledge(frame.Acked, frame.Done, Session.Inbox.Arrived);
                WriteSoon();
                break;
            default:
                Numbered(frame, now);
                break;
        }
    }

    private void Hello(Link link, TimeSpan now)
    {
        _alarms.Set(AlarmKind.Silence, link, now + link.Patience(options.ConnectTimeout));
        var stripped = link.Offer!.Stripped(link.Open!.Carriers);
        if (stripped.Count > 0)
        {
            Tell(link, now, stripped: stripped);
        }

        link.Resume = Session.AskResume(link.Open.Connection);
        if (link == _next && link.Resume is { } resume)
        {
            _ackMost = Math.Min(_ackMost, resume.Received);
        }

        _hello = link;
        _effects.Enqueue(new Effect.Write(link));
    }

    private void Authenticated(Link link, TimeSpan now)
    {
        _alarms.Set(AlarmKind.Silence, link, now + link.Patience(options.ConnectTimeout));
        (_expiries, _areExpired) = (0, false);
        if (link == _current)
        {
            _refreshing = false;
        }

        if (Session.Authenticate(link.Authed!.User, link.Authed.Anonymous == true) is { } given)
        {
            if (link == _next)
            {
                // What the old connection would be sent from now on was not sent in its user's name.
                Drop(_current!, Ending.Replaced, now);
            }

            foreach (var message in given)
            {
                Refuse(message, "principal_changed");
            }
        }

        if (link.Authed.RefreshBefore is { } by && options.Token is not null)
        {
            _alarms.Set(AlarmKind.Refresh, link, now + RefreshDelay(link, by, now));
        }
        else
        {
            link.Unrenewed = 0;
        }
    }

    /// <summary>
    /// When to refresh: well before <paramref name="by"/> as the server's clock goes, which is the clock that <c>open</c> told and the time since. A token that is no newer than
    /// the last came from a cache: asking again waits longer each time.
    /// </summary>
    private TimeSpan RefreshDelay(Link link, long by, TimeSpan now)
    {
        link.Unrenewed = by <= link.RefreshedBy ? link.Unrenewed + 1 : 0;
        link.RefreshedBy = by;
        if (link.Unrenewed > 0)
        {
            return TimeSpan.FromSeconds(Math.Min(30, 1 << Math.Min(link.Unrenewed - 1, 5)));
        }

        var left = TimeSpan.FromMilliseconds(by - link.ClockOffset) - now;
        var soon = left * (0.8 + (0.15 * options.Jitter()));
        return soon > RefreshLeast ? soon : RefreshLeast;
    }

    private void Attach(Link link, ReadyFrame frame, TimeSpan now)
    {
        if (Session.IsSharedBy(frame))
        {
            // The session is left to the other, and what is unfinished here goes into a new one.
            Drop(link, Ending.Shared, now);
            return;
        }

        var lost = Session.Attach(frame, link.Resume, link.Open!.Connection);
        var old = link == _next ? _current : null;
        if (old is not null)
        {
            (_current, _next) = (link, null);
            (_pongsOfCurrent, _pongsOfNext) = (_pongsOfNext, 0);
            (_refreshing, _token) = (false, null);
            Leave(old, Ending.Replaced, now);
        }

        _alarms.Set(AlarmKind.Steady, null, now + Backoff.Steady);
        _alarms.Clear(AlarmKind.Ack);
        _alarms.Clear(AlarmKind.Handover);
        _alarms.Set(AlarmKind.Silence, link, now + link.Patience(options.ConnectTimeout));
        (_ackMost, _ackNow, _saidBye) = (long.MaxValue, false, false);
        if (Leaving)
        {
            // An earlier process may have said it before something was sent, which comes in the next session then.
            Session.Bye ??= Session.Outbox.Last;
        }

        _stops.Clear();
        for (var s = Session.Outbox.Done + 1; s <= Session.Outbox.Transmitted; s++)
        {
            if (Session.Outbox.At(s)!.StopAsked)
            {
                _stops.Enqueue(s);
            }
        }

        if (!_wasReady)
        {
            _wasReady = true;
            _effects.Enqueue(new Effect.Ready());
        }

        if (lost)
        {
            _effects.Enqueue(new Effect.Deliver());
        }

        WriteSoon();
        AcknowledgeSoon(now);
        if (link.RefreshDue)
        {
            Refresh(link);
        }
    }

    private void Numbered(in Frame frame, TimeSpan now)
    {
        var (inbox, outbox) = (Session.Inbox, Session.Outbox);
        if (frame.Re > outbox.Transmitted)
        {
            throw new ServerViolation($"{frame.Type} answers message {frame.Re}, which was never sent.");
        }

        var isNext = inbox.Accept(new ServerMessage(KindOf(frame.Type), inbox.Epoch)
        {
            Sequence = frame.Sequence,
            Re = frame.Re == 0 ? null : outbox.IdOf(frame.Re),
            ReSequence = frame.Re,
            Try = frame.Try,
            Provisional = frame.Provisional,
            Stopped = frame.Stopped,
            Cause = frame.Cause,
            Status = frame.Status,
            Missed = frame.Missed,
            IsUnknown = frame.Type == FrameType.Unknown,
            // The slice ends with the buffer it was read from.
            Payload = frame.Payload.ToArray(),
            Json = options.JsonSerializerOptions,
        });
        if (isNext)
        {
            ReleaseLater(now, isMoving: false);
            AcknowledgeSoon(now);
            _effects.Enqueue(new Effect.Deliver());
            if (frame.Type == FrameType.Nack && outbox.Named(frame.Re) is { } refused)
            {
                refused.Refused = new AirlockRefusedException(refused.Id, frame.Cause!, frame.Status);
                _effects.Enqueue(new Effect.Settle(refused.Receipt, default, refused.Refused));
            }
            else if (frame.Type == FrameType.End && frame.Stopped && outbox.Named(frame.Re) is { } stopped)
            {
                stopped.Stopped = true;
            }
        }

        outbox.Acknowledge(frame.Acked, frame.Done, inbox.Arrived);
        WriteSoon();
    }

    private static MessageKind KindOf(FrameType type) => type switch
    {
        FrameType.Data => MessageKind.Data,
        FrameType.End => MessageKind.End,
        FrameType.Void => MessageKind.Void,
        FrameType.Nack => MessageKind.Nack,
        FrameType.Gap => MessageKind.Gap,
        // Of a kind that this version does not know: it is never given to the application.
        _ => MessageKind.Data,
    };

    /// <summary>Tells the senders of finished messages whose outcome is certain now.</summary>
    private void Settle()
    {
        while (Session.Outbox.Settle(Session.Inbox.Arrived) is { } message)
        {
            // Whoever sent a refused one was told at its nack.
            if (message.Refused is null)
            {
                _effects.Enqueue(new Effect.Settle(message.Receipt, message.Stopped ? MessageOutcome.Stopped : MessageOutcome.Finished));
            }
        }
    }

    private void Pong(Link link)
    {
        // Counted, not queued: a server that pings and does not read costs nothing here.
        if (link == _next)
        {
            _pongsOfNext++;
        }
        else
        {
            _pongsOfCurrent++;
        }

        _effects.Enqueue(new Effect.Write(link));
    }

    private void Drain(Link link, DrainFrame frame, TimeSpan now)
    {
        // A connection that is not ready yet has nothing to hand over: the server closes it and says when to come back.
        if (link == _current && link.State == ConnectionState.Draining && _next is null && !_alarms.Has(AlarmKind.Handover))
        {
            _alarms.Set(AlarmKind.Handover, null, now + (TimeSpan.FromMilliseconds(frame.Delay) * (1 + (0.2 * options.Jitter()))));
        }
    }

    private void FillAttached(Link link, FrameWriter writer, int framesMax)
    {
        while (_stops.Count > 0 && writer.Frames < framesMax)
        {
            writer.WriteStop(_stops.Dequeue());
        }

        FillData(link, writer, framesMax);
        if (!_saidBye && Session.Outbox.Transmitted >= Session.Bye && _stops.Count == 0 && writer.Frames < framesMax)
        {
            // From now on acknowledgements do not wait for others.
            (_saidBye, _ackNow) = (true, true);
            writer.Write(FrameType.Bye);
        }
    }

    private void FillData(Link link, FrameWriter writer, int framesMax)
    {
        var outbox = Session.Outbox;
        var bytesMax = link.Open!.Limits.Message;
        while (writer.Frames < framesMax && outbox.Peek(Session.Window, Session.Bye) is { } message)
        {
            // Never less than what is written: every character of the id may be escaped, two numbers, names and brackets.
            var most = message.Payload.Length + (6 * message.Id.Length) + 96 + (message.TraceParent is null ? 0 : TraceParent.Length + 17);
            if (writer.Frames > 0 && writer.Bytes + most > bytesMax)
            {
                return;
            }

            var first = writer.Frames == 0;
            var ack = AckDue(link);
            writer.WriteData(outbox.Transmitted + 1, message.Id, message.Payload.Span, ack, message.TraceParent);
            if (first && writer.Finish().Length > bytesMax)
            {
                writer.Begin();
                if (!message.Untrace())
                {
                    outbox.Drop();
                    Session.Bye--;
                    Refuse(message, "message_too_large");
                }

                continue;
            }

            if (outbox.Advance() is var sequence && message.StopAsked)
            {
                _stops.Enqueue(sequence);
                _effects.Enqueue(new Effect.Write(link));
            }

            if (ack is { } acked)
            {
                Acknowledged(link, acked);
            }
        }
    }

    private void Acknowledged(Link link, long ack)
    {
        link.Acked = ack;
        _ackNow = false;
        _alarms.Clear(AlarmKind.Ack);
    }

    private void Refuse(OutboxMessage message, string cause) =>
        _effects.Enqueue(new Effect.Settle(message.Receipt, default, new AirlockRefusedException(message.Id, cause)));
}
