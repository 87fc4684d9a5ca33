using Airlock.Core;

namespace Airlock;

/// <summary>What the lifecycle orders, and how it is carried out.</summary>
internal sealed partial class Connection
{
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
                SendAuthed(effect.Due);
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
                e = _endpoint.UserLimit.TryEnter(principal.Key)
                    ? LifecycleEvent.AuthenticationSucceeded(effectId, ExpiresAt(outcome))
                    : LifecycleEvent.UserLimitReached(effectId);
                _authenticated = outcome;
            }
        }
        catch (Exception failure)
        {
            LogAuthenticationFailed(failure);
            e = LifecycleEvent.AuthenticationBroke(effectId);
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
                e = LifecycleEvent.RefreshFailed(effectId, outcome.Refused!);
            }
            else if (!outcome.Principal.Equals(_authenticated!.Principal))
            {
                e = LifecycleEvent.RefreshOfAnother(effectId);
            }
            else
            {
                e = LifecycleEvent.RefreshSucceeded(effectId, ExpiresAt(outcome));
                _authenticated = outcome;
            }
        }
        catch (Exception failure)
        {
            LogAuthenticationFailed(failure);
            e = LifecycleEvent.RefreshBroke(effectId);
        }

        Post(e);
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

    private long? ExpiresAt(AuthenticationOutcome outcome) => outcome.Expires is { } expires ? _server.Clock.TicksAt(expires) : null;

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
