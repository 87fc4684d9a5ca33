using Airlock.Core;

namespace Airlock.Client;

// How connections end, and what follows.
internal sealed partial class ClientCore
{
    private const int GarbledMax = 4;

    /// <summary>How often in a row credentials may be called expired before that is the server's word.</summary>
    private const int ExpiriesMax = 3;

    private static readonly TimeSpan ExpiryLeast = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Link, Ending> _leaving = [];
    private int _garbled;

    /// <summary>How often in a row the server has called the credentials expired.</summary>
    private int _expiries;

    /// <summary>Whether the last credentials that the server judged had expired: the application is told when it is asked again, until the server takes some.</summary>
    private bool _areExpired;

    /// <summary>The transport of a link has ended, or could not be made.</summary>
    /// <param name="link">The link.</param>
    /// <param name="ending">How, as the transport saw it. What a <c>closing</c> frame said counts for more.</param>
    /// <param name="now">Now.</param>
    public void Ended(Link link, Ending ending, TimeSpan now)
    {
        if (link.IsOver)
        {
            return;
        }

        if (link.Left)
        {
            link.End(ending.Clean, now, (_, lasted) => Tell(link, now, lasted, _leaving.GetValueOrDefault(link)));
            _leaving.Remove(link);
            return;
        }

        var why = link.Closing is { } closing ? Ending.Of(closing) : ending;
        Follow(link, why with { Clean = ending.Clean }, now);
    }

    /// <summary>This side closes a link; the driver tells when it is closed.</summary>
    private void Leave(Link link, Ending ending, TimeSpan now)
    {
        if (IsGone(link))
        {
            return;
        }

        _alarms.Clear(link);
        _leaving[link] = ending;
        link.Leave(now, (_, lasted) => Tell(link, now, lasted, ending));
        // A client may close with 1000 and 4900 to 4999 only.
        _effects.Enqueue(new Effect.Close(link, ending.Code >= 4900 ? ending.Code : 1000, ending.Cause));
    }

    /// <summary>This side gives a link up, and goes on as if it had ended.</summary>
    private void Drop(Link link, Ending ending, TimeSpan now)
    {
        Leave(link, ending, now);
        Follow(link, ending, now);
    }

    /// <summary>Decides what follows the end of a link.</summary>
    private void Follow(Link link, Ending ending, TimeSpan now)
    {
        _alarms.Clear(link);
        if (link.Open is { } open && _hello != link)
        {
            // From hello on the server may have attached it, also if that was never heard here.
            Session.NoteEnd(ending.Seen(open.Connection, now - link.HeardAt));
        }

        // Until credentials are accepted, whatever ends in between.
        _areExpired |= ending.IsExpiry || ending.Cause == CloseReason.AuthenticationExpired.Cause;

        if (link == _next)
        {
            HandoverFailed(link, ending, now);
            return;
        }

        _alarms.Clear(AlarmKind.Ack);
        _alarms.Clear(AlarmKind.Handover);
        _alarms.Clear(AlarmKind.Steady);
        (_pongsOfCurrent, _refreshing, _token) = (0, false, null);
        var isBye = ending.Cause == CloseReason.Bye.Cause;
        if (_next is not null && !(isBye && IsThrough))
        {
            if (isBye)
            {
                LeaveEnded();
            }

            EndLink(link, ending, null, now);
            (_current, _next) = (_next, null);
            (_pongsOfCurrent, _pongsOfNext) = (_pongsOfNext, 0);
            return;
        }

        var advice = Advice(link, ending);
        if (ending.IsFault && _garbled >= GarbledMax)
        {
            (ending, advice) = (Ending.Violated(ending.Text), RetryAdvice.Never);
        }

        if (advice == RetryAdvice.Never)
        {
            EndLink(link, ending, null, now);
            Finish(ending, now);
            return;
        }

        if (advice == RetryAdvice.New && isBye)
        {
            LeaveEnded();
        }
        else if (advice == RetryAdvice.New)
        {
            Session.Drop();
        }

        var delay = Delay(advice, ending);
        EndLink(link, ending, delay, now);
        _alarms.Set(AlarmKind.Reconnect, null, now + delay);
    }

    private RetryAdvice Advice(Link link, Ending ending) =>
        IsOwnDoing(link, ending) ? RetryAdvice.Resume
        : IsAnothersBye(link, ending) ? RetryAdvice.New
        : IsPerhapsGarbled(ending) || IsPerhapsRenewed(ending) ? RetryAdvice.ResumeLater
        // Another client has gone on with the session that an earlier process left: it is the other's, and this one begins its own.
        : ending.Cause == CloseReason.StaleAttempt.Cause && !Session.WasAttached ? RetryAdvice.New
        : ending.Advice;

    /// <summary>
    /// How long until the next connection. Credentials that were called expired may come from a cache behind a clock that is seconds late: longer each time, so that they
    /// pass even if the application asks no further than its cache.
    /// </summary>
    private TimeSpan Delay(RetryAdvice advice, Ending ending)
    {
        var delay = _backoff.Next(advice, ending.Hint, options.Jitter());
        var least = ending.IsExpiry ? ExpiryLeast * (1 << (_expiries - 1)) : TimeSpan.Zero;
        return delay > least ? delay : least;
    }

    /// <summary>The old connection still works: try again, unless the server refuses for good.</summary>
    private void HandoverFailed(Link link, Ending ending, TimeSpan now)
    {
        (_next, _pongsOfNext) = (null, 0);
        var advice = IsPerhapsRenewed(ending) ? RetryAdvice.ResumeLater : ending.Advice;
        TimeSpan? delay = advice == RetryAdvice.Never ? null : Delay(advice == RetryAdvice.New ? RetryAdvice.ResumeLater : advice, ending);
        EndLink(link, ending, delay, now);
        if (delay is { } wait)
        {
            _alarms.Set(AlarmKind.Handover, null, now + wait);
        }
    }

    /// <summary>
    /// Whether a connection was superseded by one of this client's own that was given up after its <c>hello</c>: the server may attach that late.
    /// If another client has the session, its attempt is the higher one, and resuming ends with <c>stale_attempt</c>.
    /// </summary>
    private bool IsOwnDoing(Link link, Ending ending) => ending.Cause == CloseReason.Superseded.Cause && Session.Attempt > (link.Ready?.Attempt ?? long.MaxValue);

    /// <summary>
    /// Whether another client has ended the session: an earlier process, or one that has the same state. This one's application has not, or has sent more since; that goes into a session of its own. Without a state
    /// that was kept nobody else can be.
    /// </summary>
    private bool IsAnothersBye(Link link, Ending ending) =>
        Session.IsKept && (ending.Cause == CloseReason.Bye.Cause ? !IsThrough : ending.Cause == CloseReason.FrameOutOfPhase.Cause && link.Ready is not null);

    /// <summary>Whether the application wants what has ended with bye to end, and nothing is left for a next session.</summary>
    private bool IsThrough => Leaving && Session.Outbox.Last <= Session.Bye;

    /// <summary>The session has ended as it was told to.</summary>
    private void LeaveEnded()
    {
        Session.End();
        Settle();
        _effects.Enqueue(new Effect.Deliver());
    }

    /// <summary>
    /// Whether an HTTP 400 that no server explains may come from a request that was cut in half on its way, which any server answers so; or what the WebSocket refused from something that restarts. The same
    /// again and again is the server's word.
    /// </summary>
    private bool IsPerhapsGarbled(Ending ending)
    {
        _garbled = ending.Cause == "http_400" || ending.IsFault ? _garbled + 1 : 0;
        return _garbled is > 0 and < GarbledMax;
    }

    /// <summary>
    /// Whether the application may have newer credentials than those that the server calls expired: a token from a cache, a ticket that aged while the machine slept. The same
    /// again and again is the server's word.
    /// </summary>
    private bool IsPerhapsRenewed(Ending ending) => ending.IsExpiry && HasCredentials && ++_expiries <= ExpiriesMax;

    private void EndLink(Link link, Ending ending, TimeSpan? retryIn, TimeSpan now)
    {
        if (link.Left)
        {
            // It ends when its transport does; what follows is known now.
            Tell(link, now, ending: ending, retryIn: retryIn);
            return;
        }

        link.End(ending.Clean, now, (_, lasted) => Tell(link, now, lasted, ending, retryIn));
    }

    private void Finish(Ending ending, TimeSpan now)
    {
        Finished = ending;
        _alarms.ClearAll();
        // What was handled is acknowledged on the way out, unless the server cannot be trusted to read it.
        _ackNow = ending == Ending.Closed;
        foreach (var link in new[] { _next, _current })
        {
            if (link is not null)
            {
                Leave(link, ending, now);
            }
        }

        _effects.Enqueue(new Effect.Finish(ending));
    }
}
