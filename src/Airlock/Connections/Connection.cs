using System.Net.WebSockets;
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
