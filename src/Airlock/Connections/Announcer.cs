using System.Collections.Immutable;
using Airlock.Core;

namespace Airlock;

/// <summary>The frames that tell the client what the lifecycle decided. Called in effects only.</summary>
internal sealed class Announcer(ConnectionScope scope, Mailbox mailbox, Writer writer, Admission admission)
{
    private ImmutableArray<GateReport> _gates = [];
    private ImmutableArray<GateReport> _gatesSent = [];
    private Action? _watching;
    private long? _authenticatedAt;

    /// <summary>The gates as they were when they were looked at last.</summary>
    internal ImmutableArray<GateReport> Gates => _gates;

    internal void SendOpen()
    {
        var frame = NewOpen();
        writer.Send(writer => writer.Write(frame));
    }

    internal OpenFrame NewOpen()
    {
        var options = scope.Endpoint.Options;
        var timeouts = options.Timeouts;
        return new OpenFrame
        {
            Version = Protocol.Version,
            Connection = scope.Id,
            Now = scope.Platform.Clock.Epoch,
            Deadlines = new PhaseDeadlines
            {
                Hello = (long)timeouts.Hello.TotalMilliseconds,
                Authentication = (long)timeouts.Authentication.TotalMilliseconds,
                Gate = (long)timeouts.Gate.TotalMilliseconds,
                Attach = (long)timeouts.Attach.TotalMilliseconds,
            },
            Hold = scope.Endpoint.CreditOfOpen,
            Limits = new MessageLimits { Message = options.MessageBytesMax, Frames = WireLimits.FramesMax },
            Carriers = scope.Request.Carriers,
            Can = Protocol.Can,
        };
    }

    internal void SendAuthed(long? refreshAt)
    {
        _authenticatedAt ??= scope.Platform.Clock.Now;
        var outcome = admission.Authenticated!;
        var frame = new AuthedFrame
        {
            User = outcome.Principal!.Subject,
            Anonymous = outcome.Principal.IsAnonymous ? true : null,
            Expires = outcome.Expires?.ToUnixTimeMilliseconds(),
            RefreshBefore = refreshAt is { } at ? scope.Platform.Clock.EpochAt(at) : null,
            Hold = scope.Endpoint.CreditOfAuthed,
        };
        writer.Send(writer => writer.Write(frame));
    }

    /// <summary>From here on a change of the gates is an event.</summary>
    internal void WatchGates()
    {
        _watching ??= mailbox.PostGates;
        scope.Server.Gates.Watch(_watching);
        mailbox.PostGates();
    }

    internal void UnwatchGates()
    {
        if (_watching is not null)
        {
            scope.Server.Gates.Unwatch(_watching);
        }
    }

    internal LifecycleEvent ReadGates()
    {
        _gates = scope.Endpoint.Gates;
        return LifecycleEvent.GatesChanged(GateBoard.StatusOf(_gates));
    }

    /// <summary>Tells of the gates that are not as last told; at first, of those that are not open.</summary>
    internal void SendGates(long? due)
    {
        var now = scope.Platform.Clock.Now;
        var gates = _gates;
        var elapsed = now - _authenticatedAt!.Value;
        var left = due is { } at ? Math.Max(0, (at - now) / TimeSpan.TicksPerMillisecond) : (long?)null;
        for (var i = 0; i < gates.Length; i++)
        {
            if (gates[i].State == (i < _gatesSent.Length ? _gatesSent[i].State : GateState.Open))
            {
                continue;
            }

            var frame = new GateFrame
            {
                Name = gates[i].Name,
                Required = gates[i].IsRequired,
                State = gates[i].State switch { GateState.Open => "open", GateState.Degraded => "degraded", GateState.Failed => "failed", _ => "waiting" },
                Elapsed = elapsed / TimeSpan.TicksPerMillisecond,
                Deadline = left,
                RetryAfter = (long?)gates[i].RetryAfter?.TotalMilliseconds,
            };
            writer.Send(writer => writer.Write(frame));
        }

        _gatesSent = gates;
    }

    /// <summary>Ready goes before everything of the session.</summary>
    /// <param name="session">What the connection is attached to.</param>
    /// <param name="explanation">What is known of how the session's last connection ended, or null.</param>
    internal void SendReady(AttachedSession session, string? explanation)
    {
        var attached = session.Outcome;
        var frame = new ReadyFrame
        {
            Session = session.Log.Id,
            Generation = attached.Generation,
            Attempt = attached.Attempt,
            Resume = attached.IsResumed ? "resumed" : "new",
            Window = scope.Endpoint.Options.Session.Window,
            Idle = (long)scope.Endpoint.Options.Timeouts.Idle.TotalMilliseconds,
            Received = attached.Positions.Stored,
            Done = attached.Positions.Done,
            ReplayTo = attached.Positions.Appended,
            Proof = admission.TakeProof(),
            Lost = attached.Lost?.Select(l => new LostFrame { Direction = l.Direction == Direction.Up ? "up" : "down", From = l.From, To = l.To }).ToArray(),
            Previous = attached.Previous is { } p ? new PreviousClose { Connection = p.Connection, Code = p.Code, Cause = p.Reason.Cause, Explanation = explanation } : null,
        };
        writer.Deliver(new Delivery(session), writer => writer.Write(frame));
    }

    internal void SendPing() => writer.Send(static writer => writer.Write(FrameType.Ping));

    internal void SendRefresh()
    {
        var by = admission.Authenticated!.Expires!.Value.ToUnixTimeMilliseconds();
        writer.Send(writer => writer.Write(new RefreshFrame { By = by }));
    }

    internal void SendDrain(long due)
    {
        var delay = (long)scope.Server.Drain.NextDelay().TotalMilliseconds;
        var by = scope.Platform.Clock.EpochAt(due);
        writer.Send(writer => writer.Write(new DrainFrame { Delay = delay, By = by }));
    }

    internal void SendClose(CloseReason reason, int code, TimeSpan? retryAfter, bool hasSession)
    {
        var hint = retryAfter ?? (reason == CloseReason.GateTimeout ? _gates.Where(static g => g.IsRequired && !g.IsPassable).Max(static g => g.RetryAfter) : null);
        writer.Close(reason, ClosingFrame.Of(reason, code, hint, hasSession));
    }
}
