using System.Diagnostics.CodeAnalysis;
using Airlock.Core;

namespace Airlock;

/// <summary>Who the client is and which session it gets: what the lifecycle orders to be acquired, and what that brought. Called in effects only, but for <see cref="Hear"/> and <see cref="HearRefresh"/>, which the reader calls.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A source without a timer or a wait handle holds nothing.")]
internal sealed class Admission(ConnectionScope scope, Mailbox mailbox, PeerWatch watch, StoreGuard guard)
{
    private static readonly string[] _carriers = ["authorization", "subprotocol", "ticket", "cookie"];
    private readonly CancellationTokenSource _cancelled = new();
    // Known before the source is cancelled, which happens beside: what fails from here on was expected to.
    private volatile bool _isCancelled;
    private AuthenticationOutcome? _authenticated;
    private volatile AttachedSession? _session;
    private string? _refreshToken;
    private string? _proof;

    /// <summary>The client's hello; null before it came, and in plain mode.</summary>
    internal HelloFrame? Hello { get; private set; }

    /// <summary>Who the client is; null until that is known.</summary>
    internal AuthenticationOutcome? Authenticated => _authenticated;

    /// <summary>The session that the connection was attached to; null before.</summary>
    internal AttachedSession? Session => _session;

    /// <summary>Whether <c>hello</c> asked for a session that goes on.</summary>
    internal bool IsResuming => Hello?.Resume is not null;

    /// <summary>Cancelled when the connection does not want anything acquired any more.</summary>
    internal CancellationToken Cancelled => _cancelled.Token;

    /// <summary>The first hello counts; that another came, the lifecycle is told.</summary>
    internal void Hear(HelloFrame hello)
    {
        if (Hello is null)
        {
            Hello = hello;
            LogStripped(hello);
        }

        mailbox.Post(LifecycleEvent.HelloReceived(IsResuming));
    }

    internal void HearRefresh(RefreshFrame refresh)
    {
        _refreshToken = refresh.Token;
        mailbox.Post(LifecycleEvent.RefreshReceived());
    }

    internal void Cancel()
    {
        _isCancelled = true;
        scope.Platform.Spawner.Cancel(_cancelled, scope.Platform.Logger);
    }

    /// <summary>The user's place is free again.</summary>
    internal void ReleaseUser() => scope.Endpoint.UserLimit.Leave(_authenticated!.Principal!.Key);

    internal void Authenticate(int effectId)
    {
        var askedAt = scope.Platform.Clock.Now;
        scope.Platform.Spawner.Start(() =>
        {
            scope.Endpoint.NoteThreadWait(askedAt);
            return AuthenticateAsync(effectId);
        });
    }

    internal void Refresh(int effectId) => scope.Platform.Spawner.Start(() => RefreshAsync(effectId));

    /// <summary>Attaches the connection to its session.</summary>
    /// <param name="effectId">The effect that ordered it.</param>
    /// <param name="observer">Whom the session tells what is new.</param>
    internal async Task AttachAsync(int effectId, ISessionObserver observer)
    {
        LifecycleEvent e;
        try
        {
            var outcome = await scope.Server.Store.AttachAsync(
                new AttachRequest
                {
                    Endpoint = scope.Endpoint.Name,
                    Route = scope.Request.Route,
                    Principal = _authenticated!.Principal!,
                    Connection = scope.Id,
                    Address = scope.Request.Address,
                    Resume = Hello?.Resume,
                    Instance = Hello?.Instance,
                    Features = Hello?.Can?.Contains(Protocol.Gap) == true ? SessionFeatures.Gap : SessionFeatures.None,
                    Limits = scope.Endpoint.Options.Session,
                    Observer = observer,
                },
                Cancelled);
            if (outcome.Log is { } log)
            {
                if (scope.Request.IsPlain)
                {
                    scope.Endpoint.MarkPlain(log);
                }

                _session = new AttachedSession(scope, mailbox, guard, log, outcome);
                _proof = Prove(_authenticated, log.Id);
            }

            scope.Endpoint.Metrics?.Attached(outcome, IsResuming);
            e = outcome.Refused is { } refused ? LifecycleEvent.AttachFailed(effectId, refused) : LifecycleEvent.AttachSucceeded(effectId);
        }
        catch (Exception failure)
        {
            if (!_isCancelled)
            {
                Log.StoreFailed(scope.Platform.Logger, failure, scope.Id);
                scope.Endpoint.Metrics?.Attached(null, IsResuming);
            }

            e = LifecycleEvent.AttachFailed(effectId, CloseReason.StoreUnavailable);
        }

        mailbox.Post(e);
    }

    /// <summary>What lets the client resume without a token; told once.</summary>
    internal string? TakeProof() => Interlocked.Exchange(ref _proof, null);

    /// <summary>Token and the rest of the start are not kept for as long as the connection lasts.</summary>
    internal void Forget() => Hello = Hello is not { } hello ? null : new HelloFrame
    {
        Version = hello.Version,
        Client = hello.Client,
        Instance = "",
        Resume = hello.Resume is { } resume ? resume with { Proof = null } : null,
        TraceParent = hello.TraceParent,
    };

    /// <summary>What lets the client resume without a token. It is somebody else's code, called for a session that is attached already: if it throws, the client gets none and needs its credentials again.</summary>
    private string? Prove(AuthenticationOutcome authenticated, string session)
    {
        try
        {
            return authenticated.Prove?.Invoke(session);
        }
        catch (Exception failure)
        {
            LogFailed(failure);
            return null;
        }
    }

    private async Task AuthenticateAsync(int effectId)
    {
        LifecycleEvent e;
        try
        {
            var outcome = await scope.Endpoint.Authenticate(scope.Request, await CredentialsAsync(), refresh: false, Cancelled);
            if (outcome.Principal is not { } principal)
            {
                e = LifecycleEvent.AuthenticationFailed(effectId, outcome.Refused!, outcome.RetryAfter);
            }
            else
            {
                e = scope.Endpoint.UserLimit.TryEnter(principal.Key)
                    ? LifecycleEvent.AuthenticationSucceeded(effectId, ExpiresAt(outcome))
                    : LifecycleEvent.UserLimitReached(effectId);
                _authenticated = outcome;
            }
        }
        catch (Exception failure)
        {
            LogFailed(failure);
            e = LifecycleEvent.AuthenticationBroke(effectId);
        }

        mailbox.Post(e);
    }

    /// <summary>What <c>hello</c> carried. A proof is worth what its session is: nothing once that has ended, for then the cookie decides again.</summary>
    private async ValueTask<HelloCredentials?> CredentialsAsync()
    {
        var auth = Hello?.Auth;
        if (Hello?.Resume is not { Session: { } session, Proof: not null } resume)
        {
            return auth;
        }

        watch.IsSessionSought = true;
        try
        {
            if ((await scope.Server.Store.FindAsync(SessionTarget.OfSession(session), Cancelled)).Count == 0)
            {
                return auth;
            }
        }
        catch (Exception failure) when (!_isCancelled)
        {
            // The attach asks the same store next, and ends the connection in its name if that cannot answer either.
            Log.StoreFailed(scope.Platform.Logger, failure, scope.Id);
        }
        finally
        {
            watch.IsSessionSought = false;
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
            var outcome = await scope.Endpoint.Authenticate(scope.Request, new HelloCredentials { Token = token }, refresh: true, Cancelled);
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
            LogFailed(failure);
            e = LifecycleEvent.RefreshBroke(effectId);
        }

        mailbox.Post(e);
    }

    /// <summary>Somebody else's code at the driver's edge; after a cancellation, or when the request that it looks at is over, its failure is expected.</summary>
    private void LogFailed(Exception failure)
    {
        if (!_isCancelled)
        {
            Log.AuthenticationFailed(scope.Platform.Logger, failure, scope.Id);
        }
    }

    private long? ExpiresAt(AuthenticationOutcome outcome) => outcome.Expires is { } expires ? scope.Platform.Clock.TicksAt(expires) : null;

    /// <summary>Names the carriers that the client sent and that did not arrive; of what it calls them only known names, since they end in a log.</summary>
    private void LogStripped(HelloFrame hello)
    {
        var stripped = string.Join(", ", _carriers.Where(name => hello.Sent?.Contains(name) == true && !scope.Request.Carriers.Contains(name)));
        if (stripped.Length > 0)
        {
            Log.Stripped(scope.Platform.Logger, scope.Id, stripped);
        }
    }
}
