using Airlock.Core;

namespace Airlock.Client;

/// <summary>The whole protocol of a client, pure: events and the time go in, effects come out. It decides when to dial and what to write; it does neither.</summary>
/// <remarks>
/// Not safe for concurrent use: the driver's lock guards it. Times are elapsed since any fixed moment.
/// Invariant: data is written to at most one connection, the one that is attached last.
/// </remarks>
/// <param name="session">The session, new or restored.</param>
/// <param name="options">The client's options.</param>
/// <param name="startedAt">The wall clock when the time was zero.</param>
internal sealed partial class ClientCore(Session session, AirlockClientOptions options, DateTimeOffset startedAt)
{
    private const int AckCount = 32;
    private static readonly TimeSpan AckDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RefreshRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RefreshLeast = TimeSpan.FromSeconds(1);

    private readonly Queue<Effect> _effects = new();
    private readonly Backoff _backoff = new();
    private readonly Alarms _alarms = new();
    private Link? _current;
    private Link? _next;
    private int _links;
    private bool _wasReady;
    private string? _traceParent;

    /// <summary>
    /// A connection that is to take over has told what was handled; the session drops what lies below when it attaches. Until then nothing above is
    /// acknowledged on the old one: else that attach would come with a position behind the session's log, and end it.
    /// </summary>
    private long _ackMost = long.MaxValue;

    /// <summary>The connection that counts: the one that carries data, or the one being made.</summary>
    public Link? Current => _current;

    /// <summary>Whether the application said bye.</summary>
    public bool Leaving { get; private set; }

    /// <summary>Why nothing follows any more, or null.</summary>
    public Ending? Finished { get; private set; }

    public Session Session { get; } = session;

    /// <summary>The message that the application should handle next, or null. After the end what has arrived is still given, unless the session lives on for somebody else.</summary>
    public ServerMessage? NextMessage => Finished?.Cause is "client_closed" or "superseded" or "stale_attempt" ? null : Session.Inbox.Waiting;

    /// <summary>When <see cref="Tick"/> is to be called, or null.</summary>
    public TimeSpan? Due => _alarms.Next;

    public bool TryTake(out Effect effect) => _effects.TryDequeue(out effect!);

    /// <summary>The application starts the client. A second time does nothing.</summary>
    /// <param name="now">Now.</param>
    /// <param name="traceParent">What it was doing, or null.</param>
    public void Start(TimeSpan now, string? traceParent = null)
    {
        if (_current is null && Finished is null)
        {
            _traceParent = traceParent;
            _current = Dial(now);
        }
    }

    /// <summary>The application sends.</summary>
    /// <exception cref="InvalidOperationException">It has left, or the id is in use.</exception>
    /// <exception cref="AirlockRefusedException">Too much is unfinished.</exception>
    public Receipt Send(string id, ReadOnlyMemory<byte> payload, string? traceParent = null)
    {
        var outbox = Session.Outbox;
        if (Finished is not null)
        {
            throw new AirlockClosedException(Finished);
        }

        if (Leaving)
        {
            throw new InvalidOperationException("The client is leaving; nothing more can be sent.");
        }

        if (outbox.Find(id) is not null)
        {
            throw new ArgumentException($"A message with the id {id} is not finished yet.", nameof(id));
        }

        if (outbox.Messages.Count >= options.UnfinishedMax || outbox.Bytes > options.UnfinishedBytesMax - payload.Length)
        {
            throw new AirlockRefusedException(id, "queue_full");
        }

        var message = new OutboxMessage(id, payload, traceParent);
        outbox.Append(message);
        WriteSoon();
        return message.Receipt;
    }

    /// <summary>The application wants a message stopped. Nothing happens if it is finished.</summary>
    public void Stop(string id)
    {
        if (Session.Outbox.Find(id) is not var (message, sequence) || message.StopAsked)
        {
            return;
        }

        message.StopAsked = true;
        // Not written yet: its stop is written behind it.
        if (sequence <= Session.Outbox.Transmitted && _current is { Attached: true })
        {
            _stops.Enqueue(sequence);
            WriteSoon();
        }
    }

    /// <summary>The application has handled the message that waited longest: acknowledge soon.</summary>
    public void Handle(TimeSpan now)
    {
        Session.Inbox.Handle();
        ReleaseLater(now, isMoving: true);
        AcknowledgeSoon(now);
    }

    /// <summary>No more input: the session ends when the server has finished what it has. A client that was never started has nobody to tell.</summary>
    public void Bye(TimeSpan now)
    {
        Leaving = true;
        if (_current is null)
        {
            Leave(now);
        }

        Session.Bye ??= Session.Outbox.Last;
        ReleaseLater(now, isMoving: false);
        WriteSoon();
    }

    /// <summary>Leaves at once; the session stays.</summary>
    public void Leave(TimeSpan now)
    {
        if (Finished is null)
        {
            Finish(Ending.Closed, now);
        }
    }

    /// <summary>The last resort: an exception that nobody expected ends the client, so that nobody waits for ever.</summary>
    public void Fail(Exception bug, TimeSpan now)
    {
        if (Finished is null)
        {
            Finish(Ending.Failed(bug), now);
        }
    }

    /// <summary>Every connection is over and nothing follows.</summary>
    public void Rest() => _effects.Enqueue(new Effect.Rest());

    /// <summary>The driver fetched a token for a refresh; null if there is none now.</summary>
    public void TokenFetched(Link link, string? token, TimeSpan now)
    {
        if (link != _current || !link.Refreshable || link.Left)
        {
            return;
        }

        if (string.IsNullOrEmpty(token))
        {
            _refreshing = false;
            _alarms.Set(AlarmKind.Refresh, link, now + RefreshRetry);
            return;
        }

        _token = token;
        _effects.Enqueue(new Effect.Write(link));
    }

    /// <summary>Time has passed.</summary>
    public void Tick(TimeSpan now)
    {
        while (_alarms.TryTake(now, out var kind, out var link))
        {
            switch (kind)
            {
                case AlarmKind.Reconnect:
                    _current = Dial(now);
                    break;
                case AlarmKind.Handover:
                    _next = Dial(now);
                    break;
                case AlarmKind.Steady:
                    _backoff.Reset();
                    break;
                case AlarmKind.Ack:
                    _ackNow = true;
                    WriteSoon();
                    break;
                case AlarmKind.Release:
                    Session.Inbox.Release();
                    AcknowledgeSoon(now);
                    break;
                case AlarmKind.Silence:
                    Watch(link!, now);
                    break;
                case AlarmKind.Refresh:
                    Refresh(link!);
                    break;
                case AlarmKind.Close:
                    // The closing frame has told why; the close frame it announced does not come.
                    Drop(link!, Ending.Of(link!.Closing!), now);
                    break;
            }
        }
    }

    private bool HasCredentials => options.Token is not null || options.Ticket is not null;

    private Link Dial(TimeSpan now)
    {
        var link = new Link(++_links, now, _areExpired ? CredentialsReason.Expired : CredentialsReason.Connect);
        _alarms.Set(AlarmKind.Silence, link, now + options.ConnectTimeout);
        Tell(link, now);
        _effects.Enqueue(new Effect.Dial(link));
        return link;
    }

    /// <summary>Gives a connection up that has been silent for too long.</summary>
    private void Watch(Link link, TimeSpan now)
    {
        var until = link.HeardAt + link.Patience(options.ConnectTimeout);
        if (until > now)
        {
            _alarms.Set(AlarmKind.Silence, link, until);
        }
        else
        {
            // Who has not answered: the application, or the server.
            Drop(link, link.Offer is null && HasCredentials ? Ending.NoCredentials(null) : Ending.Silent, now);
        }
    }

    private void Refresh(Link link)
    {
        if (link != _current)
        {
            link.RefreshDue = true;
        }
        else if (link.Refreshable && !_refreshing && options.Token is not null)
        {
            _refreshing = true;
            _effects.Enqueue(new Effect.FetchToken(link));
        }
    }

    /// <summary>
    /// The server ends a session only when everything is acknowledged, and an application that waits for that may have stopped reading, in the middle of a message even: it is waited for as long as it finishes with
    /// something now and then.
    /// </summary>
    /// <param name="now">Now.</param>
    /// <param name="isMoving">Whether it has finished with something.</param>
    private void ReleaseLater(TimeSpan now, bool isMoving)
    {
        var inbox = Session.Inbox;
        if (isMoving)
        {
            inbox.Hold();
            _alarms.Clear(AlarmKind.Release);
        }

        if (Leaving && !inbox.IsReleased && inbox.Handled < inbox.Arrived && Finished is null && !_alarms.Has(AlarmKind.Release))
        {
            _alarms.Set(AlarmKind.Release, null, now + options.CloseTimeout);
        }
    }

    private void AcknowledgeSoon(TimeSpan now)
    {
        if (_current is not { Attached: true } link || AckDue(link) is not { } ack)
        {
            return;
        }

        if (_saidBye || ack - link.Acked >= AckCount)
        {
            _ackNow = true;
            WriteSoon();
        }
        else if (!_alarms.Has(AlarmKind.Ack))
        {
            _alarms.Set(AlarmKind.Ack, null, now + AckDelay);
        }
    }

    /// <summary>The highest number to acknowledge now, or null if the server knows.</summary>
    private long? AckDue(Link link)
    {
        var ack = Math.Min(Session.Inbox.Received, _ackMost);
        return link.Ready is not null && link == _current && ack > link.Acked ? ack : null;
    }

    private void WriteSoon()
    {
        if (_current is { Attached: true } link)
        {
            _effects.Enqueue(new Effect.Write(link));
        }
    }

    private void Tell(Link link, TimeSpan now, TimeSpan lasted = default, Ending? ending = null, TimeSpan? retryIn = null, GateFrame? gate = null, IReadOnlyList<string>? stripped = null) =>
        _effects.Enqueue(new Effect.Change(new ConnectionChange
        {
            Number = link.Number,
            Connection = link.Open?.Connection,
            State = link.State,
            At = startedAt + now,
            Lasted = lasted,
            Cause = ending?.Cause ?? link.Closing?.Cause,
            Code = ending?.Code ?? link.Closing?.Code,
            Detail = ending?.Text ?? link.Closing?.Message,
            Exception = ending?.Origin,
            RetryIn = retryIn,
            Stripped = stripped ?? [],
            Gate = gate,
            Resumed = link.State == ConnectionState.ProcessingReady ? link.Ready?.Resume == "resumed" : null,
        }));
}
