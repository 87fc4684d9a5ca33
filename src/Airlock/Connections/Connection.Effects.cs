using Airlock.Core;

namespace Airlock;

/// <summary>What the lifecycle orders, and how it is carried out.</summary>
internal sealed partial class Connection
{
    private static readonly TimeSpan _userLimitRetryAfter = TimeSpan.FromSeconds(30);

    private void Run(in Effect effect, in Transition transition)
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
                var askedAt = _server.Clock.Now;
                _server.Spawner.Start(() =>
                {
                    _endpoint.NoteThreadWait(askedAt);
                    return AuthenticateAsync(authentication);
                });
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
            case EffectKind.SendGates:
                SendGates(effect.Due);
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
                SendDrain(effect.Due!.Value);
                break;
            case EffectKind.EndInput:
                EndInput(_attached!);
                break;
            case EffectKind.SendClose:
                SendClose(effect.Reason!, transition.Code!.Value, effect.RetryAfter, transition.HasSession);
                break;
            case EffectKind.Cancel:
                _server.Spawner.Cancel(_cancelled, _server.Logger);
                break;
            case EffectKind.ReleaseUser:
                _endpoint.UserLimit.Leave(_authenticated!.Principal!.Key);
                break;
            case EffectKind.ReleaseSession:
                _ = ReleaseAsync(_attached!, new ConnectionEnd(Id, transition.Reason!, transition.Code!.Value) { Silence = Silence() });
                break;
            case EffectKind.Abort:
                _socket?.Abort();
                break;
            case EffectKind.Unregister:
                Unregister(transition);
                break;
        }
    }

    private async Task AuthenticateAsync(int effectId)
    {
        LifecycleEvent e;
        try
        {
            var outcome = await _endpoint.Authenticate(_request, await CredentialsAsync(), refresh: false, _cancelled.Token);
            if (outcome.Principal is not { } principal)
            {
                e = LifecycleEvent.AuthenticationFailed(effectId, outcome.Refused!, outcome.RetryAfter);
            }
            else
            {
                var (expires, refresh) = Expiry(outcome);
                e = _endpoint.UserLimit.TryEnter(principal.Key)
                    ? LifecycleEvent.AuthenticationSucceeded(effectId, expires, refresh)
                    : LifecycleEvent.AuthenticationFailed(effectId, CloseReason.ConnectionLimit, _userLimitRetryAfter);
                _authenticated = outcome;
            }
        }
        catch (Exception failure)
        {
            LogAuthenticationFailed(failure);
            e = LifecycleEvent.AuthenticationFailed(effectId, CloseReason.InternalError);
        }

        Post(e);
    }

    /// <summary>What <c>hello</c> carried. A proof is worth what its session is: nothing once that has ended, for then the cookie decides again.</summary>
    private async ValueTask<HelloCredentials?> CredentialsAsync()
    {
        var auth = _hello?.Auth;
        if (_hello?.Resume is not { Session: { } session, Proof: not null } resume)
        {
            return auth;
        }

        _isSessionSought = true;
        try
        {
            if ((await _server.Store.FindAsync(SessionTarget.OfSession(session), _cancelled.Token)).Count == 0)
            {
                return auth;
            }
        }
        catch (Exception failure) when (!_cancelled.IsCancellationRequested)
        {
            // The attach asks the same store next, and ends the connection in its name if that cannot answer either.
            Log.StoreFailed(_server.Logger, failure, Id);
        }
        finally
        {
            _isSessionSought = false;
        }

        return (auth ?? new HelloCredentials()) with { Resume = resume };
    }

    private async Task RefreshAsync(int effectId)
    {
        LifecycleEvent e;
        try
        {
            // Taken, not read: no token is kept longer than it is needed. A second one meanwhile closes the connection.
            var token = Interlocked.Exchange(ref _refreshToken, null);
            var outcome = await _endpoint.Authenticate(_request, new HelloCredentials { Token = token }, refresh: true, _cancelled.Token);
            if (outcome.Principal is null)
            {
                e = AfterRefused(effectId, outcome.Refused!);
            }
            else if (!outcome.Principal.Equals(_authenticated!.Principal))
            {
                e = LifecycleEvent.RefreshFailed(effectId, CloseReason.PrincipalChanged);
            }
            else
            {
                var (expires, refresh) = Expiry(outcome);
                e = LifecycleEvent.RefreshSucceeded(effectId, expires, refresh);
                _authenticated = outcome;
            }
        }
        catch (Exception failure)
        {
            LogAuthenticationFailed(failure);
            e = LifecycleEvent.RefreshFailed(effectId, CloseReason.InternalError);
        }

        Post(e);
    }

    /// <summary>
    /// New credentials that are not accepted end the connection, unless time alone is in the way: the client did its part before the old ones expired, and those are still good.
    /// Then it is told once more until when, and ends with them.
    /// </summary>
    private LifecycleEvent AfterRefused(int effectId, CloseReason refused)
    {
        if (refused != CloseReason.TokenExpired && refused != CloseReason.TokenNotYetValid && refused != CloseReason.AuthenticationUnavailable)
        {
            return LifecycleEvent.RefreshFailed(effectId, refused);
        }

        var (expires, refresh) = Expiry(_authenticated!);
        return expires <= _server.Clock.Now ? LifecycleEvent.RefreshFailed(effectId, CloseReason.AuthenticationExpired) : LifecycleEvent.RefreshSucceeded(effectId, expires, refresh);
    }

    /// <summary>Somebody else's code at the driver's edge; after a cancellation, or when the request that it looks at is over, its failure is expected.</summary>
    private void LogAuthenticationFailed(Exception failure)
    {
        if (!_cancelled.IsCancellationRequested && !_ended.Task.IsCompleted)
        {
            Log.AuthenticationFailed(_server.Logger, failure, Id);
        }
    }

    private async Task AttachAsync(int effectId)
    {
        LifecycleEvent e;
        try
        {
            var outcome = await _server.Store.AttachAsync(
                new AttachRequest
                {
                    Endpoint = _endpoint.Name,
                    Route = _request.Route,
                    Principal = _authenticated!.Principal!,
                    Connection = Id,
                    Address = _request.Address,
                    Resume = _hello?.Resume,
                    Instance = _hello?.Instance,
                    Features = _hello?.Can?.Contains(Protocol.Gap) == true ? SessionFeatures.Gap : SessionFeatures.None,
                    Limits = _endpoint.Options.Session,
                    Observer = this,
                },
                _cancelled.Token);
            if (outcome.Refused is null && _request.IsPlain)
            {
                _endpoint.MarkPlain(outcome.Log!);
            }

            _attached = outcome;
            _proof = outcome.Log is { } log ? _authenticated.Prove?.Invoke(log.Id) : null;
            _endpoint.Metrics?.Attached(outcome, _hello?.Resume is not null);
            e = outcome.Refused is { } refused ? LifecycleEvent.AttachFailed(effectId, refused) : LifecycleEvent.AttachSucceeded(effectId);
        }
        catch (Exception failure)
        {
            if (!_cancelled.IsCancellationRequested)
            {
                Log.StoreFailed(_server.Logger, failure, Id);
                _endpoint.Metrics?.Attached(null, _hello?.Resume is not null);
            }

            e = LifecycleEvent.AttachFailed(effectId, CloseReason.StoreUnavailable);
        }

        Post(e);
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

    /// <summary>Nobody waits for what the store does with a farewell.</summary>
    private async Task ReleaseAsync(AttachOutcome attached, ConnectionEnd end)
    {
        try
        {
            await DetachAsync(attached, end);
        }
        catch (Exception e)
        {
            Log.StoreFailed(_server.Logger, e, Id);
        }
    }

    private void Unregister(in Transition transition)
    {
        _alarm.Retire();
        _server.Gates.Unwatch(_watchGates);
        _server.Observation.NoteClosed(_request.IsProbe ? null : Report());
        _server.Leave(this);
        NoteRest();
        _server.Spawner.Cancel(_cancelled, _server.Logger);
        // Before the connection's request ends: who sees that ended finds the line.
        LogEnd(transition);
        _ended.TrySetResult();
    }
}
