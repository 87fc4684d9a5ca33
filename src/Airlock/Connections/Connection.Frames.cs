using System.Collections.Immutable;
using Airlock.Core;

namespace Airlock;

/// <summary>The frames that announce what the lifecycle decided.</summary>
internal sealed partial class Connection
{
    private ImmutableArray<GateReport> _gates = [];
    private ImmutableArray<GateReport> _gatesSent = [];
    private long? _authenticatedAt;

    private void SendOpen()
    {
        var frame = NewOpen();
        Send(writer => writer.Write(frame));
    }

    private OpenFrame NewOpen()
    {
        var options = _endpoint.Options;
        var timeouts = options.Timeouts;
        return new OpenFrame
        {
            Version = Protocol.Version,
            Connection = Id,
            Now = _server.Clock.Epoch,
            Deadlines = new PhaseDeadlines
            {
                Hello = (long)timeouts.Hello.TotalMilliseconds,
                Authentication = (long)timeouts.Authentication.TotalMilliseconds,
                Gate = (long)timeouts.Gate.TotalMilliseconds,
                Attach = (long)timeouts.Attach.TotalMilliseconds,
            },
            Hold = _endpoint.CreditOfOpen,
            Limits = new MessageLimits { Message = options.MessageBytesMax, Frames = WireLimits.FramesMax },
            Carriers = _request.Carriers,
            Can = Protocol.Can,
        };
    }

    private void SendAuthed(long? refreshAt)
    {
        _authenticatedAt ??= _server.Clock.Now;
        var outcome = _authenticated!;
        var frame = new AuthedFrame
        {
            User = outcome.Principal!.Subject,
            Anonymous = outcome.Principal.IsAnonymous ? true : null,
            Expires = outcome.Expires?.ToUnixTimeMilliseconds(),
            RefreshBefore = refreshAt is { } at ? _server.Clock.EpochAt(at) : null,
            Hold = _endpoint.CreditOfAuthed,
        };
        Send(writer => writer.Write(frame));
    }

    /// <summary>Tells of the gates that are not as last told; at first, of those that are not open.</summary>
    private void SendGates(long? due)
    {
        var now = _server.Clock.Now;
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
            Send(writer => writer.Write(frame));
        }

        _gatesSent = gates;
    }

    private void SendReady()
    {
        var attached = _attached!;
        var frame = new ReadyFrame
        {
            Session = attached.Log!.Id,
            Generation = attached.Generation,
            Attempt = attached.Attempt,
            Resume = attached.IsResumed ? "resumed" : "new",
            Window = _endpoint.Options.Session.Window,
            Idle = (long)_endpoint.Options.Timeouts.Idle.TotalMilliseconds,
            Received = attached.Positions.Stored,
            Done = attached.Positions.Done,
            ReplayTo = attached.Positions.Appended,
            Proof = Interlocked.Exchange(ref _proof, null),
            Lost = attached.Lost?.Select(l => new LostFrame { Direction = l.Direction == Direction.Up ? "up" : "down", From = l.From, To = l.To }).ToArray(),
            Previous = attached.Previous is { } p ? new PreviousClose { Connection = p.Connection, Code = p.Code, Cause = p.Reason.Cause, Explanation = _explanation?.Name } : null,
        };
        lock (_writing)
        {
            _control.Enqueue(writer => writer.Write(frame));
            _delivering = attached;
            _cursor = attached.Positions.Acked;
            (_ackedSent, _doneSent) = (attached.Positions.Stored, attached.Positions.Done);
        }

        BeginServing(attached);
        Write();
        // Token and the rest of the start are not kept for as long as the connection lasts.
        _hello = _hello is null ? null : new HelloFrame { Version = _hello.Version, Client = _hello.Client, Instance = "", Resume = _hello.Resume is { } resume ? resume with { Proof = null } : null, TraceParent = _hello.TraceParent };
    }

    private void SendRefresh()
    {
        var by = _authenticated!.Expires!.Value.ToUnixTimeMilliseconds();
        Send(writer => writer.Write(new RefreshFrame { By = by }));
    }

    private void SendDrain(long due)
    {
        var delay = (long)_server.NextDrainDelay().TotalMilliseconds;
        var by = _server.Clock.EpochAt(due);
        Send(writer => writer.Write(new DrainFrame { Delay = delay, By = by }));
    }
}
