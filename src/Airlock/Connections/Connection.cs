using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Airlock.Core;

namespace Airlock;

/// <summary>The driver of one server connection: it feeds the lifecycle and runs its effects. One reader, one writer, one mailbox.</summary>
/// <remarks>
/// The mailbox is inline: whoever posts while it is idle drains it, so there is no parked loop. Events are applied one after another and their effects
/// run before the next event, outside the lock. No user code runs there: authentication and turns go through the spawner.
/// </remarks>
internal sealed partial class Connection : ISessionObserver, IDisposable
{
    private readonly AirlockServer _server;
    private readonly Endpoint _endpoint;
    private readonly ConnectionRequest _request;
    private readonly ConnectionLifecycle _lifecycle;
    private readonly DeadlineQueue.Alarm _alarm;
    private readonly Action _watchGates;
    private readonly Lock _mail = new();
    private readonly Queue<LifecycleEvent> _mailbox = new();
    private static readonly TimeSpan _refusedRetryAfter = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _cancelled = new();
    private readonly TaskCompletionSource _ended = new();
    private long _alarmAt = long.MaxValue;
    private bool _draining;
    private volatile ConnectionState _state;
    private WebSocket? _socket;
    private (CloseReason Reason, TimeSpan? RetryAfter)? _refusal;

    // What the acquiring effects brought.
    private HelloFrame? _hello;
    private AuthenticationOutcome? _authenticated;
    private AttachOutcome? _attached;
    private string? _refreshToken;

    internal Connection(AirlockServer server, Endpoint endpoint, ConnectionRequest request)
    {
        _server = server;
        _endpoint = endpoint;
        _request = request;
        _lifecycle = new ConnectionLifecycle(endpoint.Options.Timeouts);
        _alarm = server.Deadlines.NewAlarm(OnAlarm);
        _watchGates = PostGates;
        Id = server.Entropy.NewId('c');
    }

    /// <summary>The one id, from before the upgrade to the last log line.</summary>
    internal string Id { get; }

    internal ConnectionState State => _state;

    public void Dispose()
    {
        _cancelled.Dispose();
        _socket?.Dispose();
    }

    internal IReadOnlyList<FlightEntry> ReadRecord()
    {
        lock (_mail)
        {
            return _lifecycle.Record.Entries;
        }
    }

    internal async Task RunAsync()
    {
        var isCounted = _request.Address is null || _endpoint.AddressLimit.TryEnter(_request.Address);
        try
        {
            // In the index before the accept: nothing can happen to a connection that nobody can find.
            _server.Enter(this);
            var refused = _request.Refuse ?? (_server.IsDraining ? CloseReason.Draining : isCounted ? null : CloseReason.AddressLimit);
            if (refused is not null && !_request.AcceptToRefuse)
            {
                Post(LifecycleEvent.CloseRequested(refused, _refusedRetryAfter));
            }

            if (_refusal is { } refusal)
            {
                await _request.Upgrade.RefuseAsync(refusal.Reason, refusal.RetryAfter);
                return;
            }

            await AcceptAsync(refused);
            await ReadAsync();
            await _ended.Task;
        }
        catch (Exception e)
        {
            // The driver's edge. What peers and networks do is handled where it happens.
            Log.DriverFailed(_server.Logger, e, Id);
        }
        finally
        {
            Post(LifecycleEvent.ScopeLeft());
            _cancelled.Cancel();
            await WriterStoppedAsync();
            _socket?.Dispose();
            if (isCounted && _request.Address is not null)
            {
                _endpoint.AddressLimit.Leave(_request.Address);
            }
        }
    }

    /// <summary>Posts an event; if nobody is at the mailbox, drains it here. Safe for concurrent use, also from within an effect.</summary>
    internal void Post(in LifecycleEvent e)
    {
        lock (_mail)
        {
            _mailbox.Enqueue(e);
            if (_draining)
            {
                return;
            }

            _draining = true;
        }

        while (true)
        {
            Transition transition;
            LifecycleEvent next;
            lock (_mail)
            {
                if (!_mailbox.TryDequeue(out next))
                {
                    _draining = false;
                    return;
                }

                transition = _lifecycle.Apply(next, _server.Clock.Now);
                _state = transition.To;
                SetAlarm();
            }

            Carry(next, transition);
        }
    }

    /// <inheritdoc/>
    public void OnRevoked(CloseReason reason) => Post(LifecycleEvent.CloseRequested(reason));

    private void Carry(in LifecycleEvent e, in Transition transition)
    {
        if (transition.Refused is { } refusal)
        {
            Log.Refused(_server.Logger, Id, e.Kind, transition.From, refusal);
        }
        else
        {
            Log.Transition(_server.Logger, Id, e.Kind, transition.From, transition.To);
        }

        for (var i = 0; i < transition.Effects.Count; i++)
        {
            Run(transition.Effects[i]);
        }

        if (e.Kind == EventKind.GatesChanged && transition.Applied)
        {
            SendGates();
        }
    }

    private void Run(in Effect effect)
    {
        switch (effect.Kind)
        {
            case EffectKind.RefuseUpgrade:
                _refusal = (effect.Reason!, effect.RetryAfter);
                break;
            case EffectKind.SendOpen:
                SendOpen();
                break;
            case EffectKind.Authenticate:
                var authentication = effect.Id;
                _server.Spawner.Start(() => AuthenticateAsync(authentication));
                break;
            case EffectKind.SendAuthed:
                SendAuthed();
                break;
            case EffectKind.WatchGates:
                _server.Gates.Watch(_watchGates);
                PostGates();
                break;
            case EffectKind.Attach:
                _ = AttachAsync(effect.Id);
                break;
            case EffectKind.SendReady:
                SendReady();
                break;
            case EffectKind.SendPing:
                Send(static writer => writer.Write(FrameType.Ping));
                break;
            case EffectKind.SendRefresh:
                SendRefresh();
                break;
            case EffectKind.Refresh:
                var refresh = effect.Id;
                _server.Spawner.Start(() => RefreshAsync(refresh));
                break;
            case EffectKind.SendDrain:
                SendDrain();
                break;
            case EffectKind.EndInput:
                _ = ObserveAsync(_attached!.Log!.EndInputAsync(_attached.Generation).AsTask());
                break;
            case EffectKind.SendClose:
                SendClose(effect.Reason!, effect.RetryAfter);
                break;
            case EffectKind.Cancel:
                _cancelled.Cancel();
                break;
            case EffectKind.Release:
                Release(effect.Id);
                break;
            case EffectKind.Abort:
                _socket?.Abort();
                break;
            case EffectKind.Unregister:
                Unregister();
                break;
        }
    }

    private async Task AcceptAsync(CloseReason? refused)
    {
        WebSocket socket;
        try
        {
            socket = await _request.Upgrade.AcceptAsync(_request.SubProtocol, _cancelled.Token);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
        {
            Post(LifecycleEvent.UpgradeFailed());
            return;
        }

        _socket = socket;
        Post(LifecycleEvent.UpgradeAccepted());
        if (refused is not null)
        {
            Post(LifecycleEvent.CloseRequested(refused, _refusedRetryAfter));
        }
        else if (_request.IsPlain)
        {
            Post(LifecycleEvent.HelloReceived(resumeAsked: false));
        }
        else if (_refusal is { } refusal)
        {
            // The refusal came while the upgrade was under way: too late for HTTP, so the close frame says it.
            await CloseRefusedAsync(socket, refusal.Reason);
        }
    }

    private async Task AuthenticateAsync(int effectId)
    {
        AuthenticationOutcome outcome;
        try
        {
            outcome = await _endpoint.Authenticate(_request, _hello?.Auth, refresh: false, _cancelled.Token);
        }
        catch (Exception e)
        {
            // Somebody else's code at the driver's edge; after a cancellation its failure is expected.
            if (!_cancelled.IsCancellationRequested)
            {
                Log.AuthenticationFailed(_server.Logger, e, Id);
            }

            Post(LifecycleEvent.AuthenticationFailed(effectId, CloseReason.InternalError));
            return;
        }

        if (outcome.Principal is not { } principal)
        {
            Post(LifecycleEvent.AuthenticationFailed(effectId, outcome.Refused!, outcome.RetryAfter));
        }
        else if (!_endpoint.UserLimit.TryEnter(principal.Key))
        {
            Post(LifecycleEvent.AuthenticationFailed(effectId, CloseReason.ConnectionLimit, TimeSpan.FromSeconds(30)));
        }
        else
        {
            _authenticated = outcome;
            var (expires, refresh) = Expiry(outcome);
            Post(LifecycleEvent.AuthenticationSucceeded(effectId, expires, refresh));
        }
    }

    private async Task RefreshAsync(int effectId)
    {
        AuthenticationOutcome outcome;
        try
        {
            outcome = await _endpoint.Authenticate(_request, new HelloCredentials { Token = _refreshToken }, refresh: true, _cancelled.Token);
        }
        catch (Exception e)
        {
            Log.AuthenticationFailed(_server.Logger, e, Id);
            Post(LifecycleEvent.RefreshFailed(effectId, CloseReason.InternalError));
            return;
        }

        if (outcome.Principal is null)
        {
            Post(LifecycleEvent.RefreshFailed(effectId, outcome.Refused!));
        }
        else if (!outcome.Principal.Equals(_authenticated!.Principal))
        {
            Post(LifecycleEvent.RefreshFailed(effectId, CloseReason.PrincipalChanged));
        }
        else
        {
            _authenticated = outcome;
            var (expires, refresh) = Expiry(outcome);
            Post(LifecycleEvent.RefreshSucceeded(effectId, expires, refresh));
        }
    }

    private async Task AttachAsync(int effectId)
    {
        AttachOutcome outcome;
        try
        {
            outcome = await _server.Store.AttachAsync(
                new AttachRequest
                {
                    Endpoint = _endpoint.Name,
                    Principal = _authenticated!.Principal!,
                    Connection = Id,
                    Resume = _hello?.Resume,
                    Limits = _endpoint.Options.Session,
                    Observer = this,
                },
                _cancelled.Token);
        }
        catch (Exception e)
        {
            if (!_cancelled.IsCancellationRequested)
            {
                Log.StoreFailed(_server.Logger, e, Id);
            }

            Post(LifecycleEvent.AttachFailed(effectId, CloseReason.StoreUnavailable));
            return;
        }

        if (outcome.Refused is { } refused)
        {
            Post(LifecycleEvent.AttachFailed(effectId, refused));
            return;
        }

        _attached = outcome;
        if (_request.IsPlain)
        {
            _endpoint.MarkPlain(outcome.Log!);
        }

        Post(LifecycleEvent.AttachSucceeded(effectId));
    }

    /// <summary>When credentials expire and when to ask for new ones: after four fifths of what is left of them.</summary>
    private (long? Expires, long? Refresh) Expiry(AuthenticationOutcome outcome)
    {
        if (outcome.Expires is not { } expires)
        {
            return (null, null);
        }

        var now = _server.Clock.Now;
        var due = Math.Max(now, _server.Clock.TicksAt(expires));
        return (due, now + ((due - now) / 5 * 4));
    }

    private void Release(int effectId)
    {
        var snapshot = _lifecycle.Snapshot;
        if (effectId == snapshot.Authentication.Id)
        {
            _endpoint.UserLimit.Leave(_authenticated!.Principal!.Key);
        }
        else
        {
            var reason = _lifecycle.Reason ?? CloseReason.TransportLost;
            var end = new ConnectionEnd(Id, reason, _lifecycle.Code ?? reason.Code);
            var log = _attached!.Log!;
            _ = ObserveAsync(_request.IsPlain ? log.EndAsync(reason).AsTask() : log.DetachAsync(_attached.Generation, end).AsTask());
        }
    }

    /// <summary>Nobody waits for what the store does with a farewell; if it fails, the session's own expiry ends it.</summary>
    private async Task ObserveAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (Exception e)
        {
            Log.StoreFailed(_server.Logger, e, Id);
        }
    }

    private void Unregister()
    {
        _alarm.Retire();
        _server.Gates.Unwatch(_watchGates);
        _server.Leave(this);
        _cancelled.Cancel();
        var reason = _lifecycle.Reason!;
        if (_lifecycle.State == ConnectionState.Closed && reason.Fault != Fault.Server)
        {
            Log.Ended(_server.Logger, Id, _lifecycle.Code!.Value, reason.Cause);
        }
        else
        {
            Log.EndedAbnormally(_server.Logger, Id, _lifecycle.Code!.Value, reason.Cause, reason.Summary, DescribeRecord());
        }

        _ended.TrySetResult();
    }

    private string DescribeRecord()
    {
        var text = new StringBuilder();
        foreach (var entry in ReadRecord())
        {
            text.Append(text.Length == 0 ? "" : " · ").Append(CultureInfo.InvariantCulture, $"{entry.At / TimeSpan.TicksPerMillisecond}ms {entry.Event}");
            text.Append(entry.Refused is { } refused ? $" refused ({refused})" : entry.From == entry.To ? "" : $" {entry.From}→{entry.To}");
            text.Append(entry.Count > 1 ? $" ×{entry.Count}" : "");
        }

        return text.ToString();
    }

    private void PostGates() => Post(LifecycleEvent.GatesChanged(_server.Gates.Status));

    /// <summary>Only an earlier deadline sets the alarm; for a later one it rings early and is set again, which costs less than moving it each time.</summary>
    private void SetAlarm()
    {
        if (_lifecycle.NextDeadline is { } next && next.Due < _alarmAt)
        {
            _alarmAt = next.Due;
            _alarm.Set(next.Due);
        }
    }

    private void OnAlarm()
    {
        var now = _server.Clock.Now;
        LifecycleEvent e;
        lock (_mail)
        {
            _alarmAt = long.MaxValue;
            if (_lifecycle.NextDeadline is not { } next || next.Due > now)
            {
                SetAlarm();
                return;
            }

            // Hearing something costs no event; whether the peer was silent is found out when it matters.
            var timeouts = _endpoint.Options.Timeouts;
            var heard = Interlocked.Read(ref _heardAt);
            var isHeard = (next.Kind == DeadlineKind.Idle && heard > next.Due - timeouts.Idle.Ticks) || (next.Kind == DeadlineKind.Pong && heard > next.Due - timeouts.Pong.Ticks);
            e = isHeard ? LifecycleEvent.PeerHeard(heard) : LifecycleEvent.DeadlineElapsed(next.Kind, next.Due);
        }

        Post(e);
    }
}
