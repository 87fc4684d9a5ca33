using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>The driver of one server connection: it feeds the lifecycle and runs its effects. One reader, one writer, one mailbox.</summary>
/// <remarks>
/// The mailbox is inline: whoever posts while it is idle drains it, so there is no parked loop. Events are applied one after another and their effects
/// run before the next event, outside the lock. No user code runs there: authentication and turns go through the spawner.
/// </remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "A source without a timer or a wait handle holds nothing; and RunAsync disposes the socket, where nobody writes to it any more.")]
internal sealed partial class Connection : ISessionObserver
{
    private readonly AirlockServer _server;
    private readonly Endpoint _endpoint;
    private readonly ConnectionRequest _request;
    private readonly ConnectionLifecycle _lifecycle;
    private readonly DeadlineQueue.Alarm _alarm;
    private readonly Action _watchGates;
    private const string RefusedKey = "refused";
    private readonly CancellationTokenSource _cancelled = new();
    private readonly TaskCompletionSource<bool> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _alarmAt = long.MaxValue;
    private volatile ConnectionState _state;
    private volatile WebSocket? _socket;
    private (CloseReason Reason, TimeSpan? RetryAfter)? _refusal;

    // What the acquiring effects brought.
    private HelloFrame? _hello;
    private AuthenticationOutcome? _authenticated;
    private AttachOutcome? _attached;
    private string? _refreshToken;
    private string? _proof;

    internal Connection(AirlockServer server, Endpoint endpoint, ConnectionRequest request)
    {
        _server = server;
        _endpoint = endpoint;
        _request = request;
        _lifecycle = new ConnectionLifecycle(endpoint.Options.Timeouts);
        _alarm = server.Deadlines.NewAlarm(OnAlarm);
        _watchGates = PostGates;
        Id = server.Entropy.NewId('c');
        Number = server.Observation.NoteOpened();
        OpenedAt = server.Observation.Now;
    }

    /// <summary>The one id, from before the upgrade to the last log line.</summary>
    internal string Id { get; }

    internal ConnectionState State => _state;

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
        var isHeldToRefuse = false;
        try
        {
            // In the index before the accept: nothing can happen to a connection that nobody can find.
            _server.Enter(this);
            BeginTelling();
            var refused = _request.Refuse ?? (_server.IsDraining ? CloseReason.Draining : isCounted ? null : CloseReason.AddressLimit);
            isHeldToRefuse = refused is not null && _request.AcceptToRefuse && _server.AcceptedToRefuse.TryEnter(RefusedKey);
            if (refused is not null && !isHeldToRefuse)
            {
                Post(LifecycleEvent.CloseRequested(refused, RetryAfter(refused)));
            }

            if (_refusal is { } refusal)
            {
                await RefuseAsync(refusal.Reason, refusal.RetryAfter);
            }
            else if (await AcceptAsync(refused) is { } socket)
            {
                await ReadAsync(socket);
                await _ended.Task;
            }
        }
        catch (Exception e)
        {
            // The driver's edge. What peers and networks do is handled where it happens.
            Log.DriverFailed(_server.Logger, e, Id);
        }
        finally
        {
            Post(LifecycleEvent.ScopeLeft());
            await WriterStoppedAsync();
            ForgetHeld();
            if (!_isClosedByLayer)
            {
                // Else the stream would be reset under the close frame on its way; it ends when the host's request does.
                _socket?.Dispose();
            }

            if (isCounted && _request.Address is not null)
            {
                _endpoint.AddressLimit.Leave(_request.Address);
            }

            if (isHeldToRefuse)
            {
                _server.AcceptedToRefuse.Leave(RefusedKey);
            }
        }
    }

    /// <inheritdoc/>
    public void OnRevoked(CloseReason reason, TimeSpan? retryAfter) => Post(LifecycleEvent.CloseRequested(reason, retryAfter));

    private async ValueTask RefuseAsync(CloseReason reason, TimeSpan? retryAfter)
    {
        try
        {
            await _request.Upgrade.RefuseAsync(reason, retryAfter);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client is gone; there is nobody to tell.
        }
        catch (Exception e)
        {
            // Whatever stands before this in the application has begun an answer of its own, or lets none be written.
            Log.RefusalFailed(_server.Logger, e, Id, reason.Cause);
        }
    }

    /// <returns>The socket to read from; null if the connection is over.</returns>
    private async Task<WebSocket?> AcceptAsync(CloseReason? refused)
    {
        WebSocket socket;
        try
        {
            socket = await _request.Upgrade.AcceptAsync(_request.SubProtocol, _cancelled.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client is gone.
            Post(LifecycleEvent.UpgradeFailed());
            return null;
        }
        catch (Exception e)
        {
            // Whatever the host says: its limit of WebSockets, something it cannot do. The upgrade has answered.
            Log.UpgradeFailed(_server.Logger, e, Id, CloseReason.UpgradeFailed.HttpStatus);
            Post(LifecycleEvent.UpgradeFailed(CloseReason.UpgradeFailed));
            return null;
        }

        _socket = socket;
        _bytes = _request.Upgrade.Bytes;
        if (_bytes is not null)
        {
            _bytes.Heard = NoteBytes;
        }

        Post(LifecycleEvent.UpgradeAccepted());
        if (!await _opened.Task)
        {
            // The refusal came while the upgrade was under way: too late for HTTP, so the close frame says it.
            await CloseRefusedAsync(socket, _refusal?.Reason ?? CloseReason.InternalError);
            return null;
        }

        if (refused is not null)
        {
            Post(LifecycleEvent.CloseRequested(refused, RetryAfter(refused)));
        }
        else if (_request.IsPlain)
        {
            Post(LifecycleEvent.HelloReceived(resumeAsked: false));
        }

        return socket;
    }

    private TimeSpan? RetryAfter(CloseReason refused) => RetryHints.ForRefused(refused, _server.DrainRetryAfter);

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
        (DeadlineKind Kind, long Due) due;
        lock (_mail)
        {
            _alarmAt = long.MaxValue;
            if (_lifecycle.NextDeadline is not { } next || next.Due > now)
            {
                SetAlarm();
                return;
            }

            due = next;
        }

        Post(LifecycleEvent.DeadlineElapsed(due.Kind, due.Due, SignsAt(now)));
    }

    private PeerSigns SignsAt(long now) => new()
    {
        // Raw text has no ping: whether the peer is there is the transport's business.
        HeardAt = _request.IsPlain ? now : Interlocked.Read(ref _heardAt),
        MessageBegan = Volatile.Read(ref _messageBegan) is var began and < long.MaxValue ? began : null,
        Handling = _isHandling ? _handled : null,
        StoreAnsweredAt = Interlocked.Read(ref _storeAnsweredAt),
        IsSessionSought = _isSessionSought,
    };
}
