using System.Diagnostics;
using System.Text;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>The client's side of a session: what survives a connection (<c>spec/session.md</c>). Pure.</summary>
internal sealed class Session(string instance, long unhandledBytesMax)
{
    /// <summary>How many connections are remembered that may have been attached; with more it is not known whether somebody else was.</summary>
    private const int ConnectionsMax = 64;

    /// <summary>How many losses that the application has not been told are exported: of older ones no later client tells.</summary>
    private const int LossesMax = 64;

    private readonly List<SeenClose> _seen = [];

    /// <summary>The connection of the last <c>ready</c>, and those that asked to resume since. Empty until one is known, null if there were too many.</summary>
    private List<string>? _connections = [];

    private bool _userKnown;
    private string? _user;
    private bool _dropped;

    public string Instance { get; } = instance;

    /// <summary>The server's name for it: a secret.</summary>
    public string? Id { get; private set; }

    /// <summary>What shows that the session is this client's, if its user is anonymous: a secret.</summary>
    public string? Proof { get; private set; }

    /// <summary>The highest attempt used.</summary>
    public long Attempt { get; set; }

    public long Generation { get; private set; }

    /// <summary>The highest own number when an application said that the session is to end: this one, or that of an earlier process. What came later is sent in the next session.</summary>
    public long? Bye { get; set; }

    /// <summary>Whether the position was kept outside of this client, where another may have found it.</summary>
    public bool IsKept { get; private set; }

    /// <summary>Whether this client was ever attached to it; false while all that is known comes from an earlier process.</summary>
    public bool WasAttached { get; private set; }

    public int Window { get; private set; } = 1;

    /// <summary>How the connections since the last <c>ready</c> ended, oldest first.</summary>
    public IReadOnlyList<SeenClose> Seen => _seen;

    public Outbox Outbox { get; } = new();

    public Inbox Inbox { get; } = new(unhandledBytesMax);

    /// <summary>What to ask for in <c>hello</c>, or null. Each asking is a new attempt.</summary>
    /// <param name="connection">The connection that asks.</param>
    public ResumeRequest? AskResume(string connection)
    {
        if (Id is null)
        {
            return null;
        }

        if (_connections?.Count < ConnectionsMax)
        {
            _connections.Add(connection);
        }
        else
        {
            _connections = null;
        }

        // The highest is repeated.
        Attempt = Math.Min(Attempt + 1, WireLimits.SequenceMax);
        return new ResumeRequest { Session = Id, Attempt = Attempt, Received = Inbox.Received, Proof = Proof };
    }

    /// <summary>
    /// Whether somebody else who has this client's position was attached since: then a number may stand for two messages. Without a position that was kept nobody else can be; there the same
    /// is the server's fault.
    /// </summary>
    public bool IsSharedBy(ReadyFrame frame)
    {
        if (!IsKept || frame.Resume != "resumed" || frame.Session != Id)
        {
            return false;
        }

        var isForeign = frame.Previous is { } previous && _connections is not null && !_connections.Contains(previous.Connection);
        return frame.Received > Outbox.Written || (isForeign && Outbox.IsInDoubt(frame.Received));
    }

    /// <summary>A connection was authenticated. Messages of one user are never sent as another.</summary>
    /// <param name="user">Who the server says it is.</param>
    /// <param name="anonymous">Whether that is an anonymous user's id. An older server calls each of them null.</param>
    /// <returns>If the user is another one than before, the messages that were given up for that; else null.</returns>
    public IReadOnlyList<OutboxMessage>? Authenticate(string? user, bool anonymous = false)
    {
        var changed = _userKnown && _user != user && !(_user is null && anonymous);
        (_user, _userKnown) = (user, true);
        if (!changed)
        {
            return null;
        }

        Drop();
        return Outbox.Clear();
    }

    /// <summary>A connection has ended. The first since <c>ready</c> is the likeliest that the server means, then the newest.</summary>
    public void NoteEnd(SeenClose seen)
    {
        _seen.Add(seen);
        if (_seen.Count > WireLimits.SeenClosesMax)
        {
            _seen.RemoveAt(1);
        }
    }

    /// <summary>The server wants a new session.</summary>
    public void Drop() => (_dropped, Id) = (_dropped || Id is not null, null);

    /// <summary>
    /// It ended as it was told to: the next one is new, and nothing is lost. What was sent before the bye is finished. Where another client said it, that is known only of what the server said it had stored; the rest goes on
    /// with its ids.
    /// </summary>
    public void End()
    {
        var stored = Bye is null ? Outbox.Stored : Outbox.Transmitted;
        Outbox.Acknowledge(stored, stored, 0);
        Outbox.Renumber();
        Withdraw();
        (Id, _dropped, Bye) = (null, false, null);
    }

    /// <summary>The connection is attached. After a loss the inbox tells of it.</summary>
    /// <param name="frame">What the server says.</param>
    /// <param name="asked">What <c>hello</c> asked for.</param>
    /// <param name="connection">Which connection it is.</param>
    /// <returns>Whether an earlier session is lost.</returns>
    /// <exception cref="ServerViolation">It cannot be.</exception>
    public bool Attach(ReadyFrame frame, ResumeRequest? asked, string connection)
    {
        var lost = false;
        if (frame.Resume == "resumed")
        {
            Resume(frame, asked);
        }
        else
        {
            lost = Begin(frame, asked);
        }

        _seen.Clear();
        _connections = [connection];
        WasAttached = true;
        Proof = frame.Proof ?? (frame.Resume == "resumed" ? Proof : null);
        (Attempt, Generation, Window) = (Math.Max(Attempt, frame.Attempt), frame.Generation, frame.Window);
        return lost;
    }

    public AirlockClientState Export()
    {
        IsKept = true;
        var losses = Inbox.Losses.Select(loss => Exported(loss.Lost, loss.Epoch)).ToList();
        if (_dropped)
        {
            losses.Add(Exported([new LostRange(Direction.Down, Inbox.Handled + 1, null)], Inbox.Epoch));
        }

        return new()
        {
            Instance = Instance,
            User = _user,
            Session = Id,
            Proof = Id is null ? null : Proof,
            Attempt = Id is null ? 0 : Attempt,
            Generation = Id is null ? 0 : Generation,
            Received = Id is null ? 0 : Inbox.Handled,
            Done = Id is null ? 0 : Outbox.Done,
            Bye = Id is null ? null : Bye,
            Messages = [.. Outbox.Messages.Select(Exported)],
            Finished = Id is null || (Inbox.Handled == Inbox.Arrived && Outbox.IsSettled) ? [] : [.. Outbox.Finished.Select(entry => new AirlockClientState.Answered(entry.Sequence, entry.Id))],
            Open = Id is null ? [] : [.. Inbox.OpenOf(Inbox.Epoch).Select(Exported)],
            Losses = [.. losses.TakeLast(LossesMax)],
        };
    }

    public void Restore(AirlockClientState state)
    {
        // Connections since it was kept are not in it.
        (IsKept, _connections) = (true, null);
        (Id, Proof, Attempt, Generation, Bye) = (state.Session, state.Proof, state.Attempt, state.Generation, state.Bye);
        (_user, _userKnown) = (state.User, state.User is not null || state.Session is not null || state.Losses.Count > 0);
        foreach (var loss in state.Losses)
        {
            Inbox.Restore(0, loss.Open.Select(static entry => ((entry.Sequence, entry.Try), entry.Id)));
            Inbox.Tell(new ServerMessage(MessageKind.Lost, Withdraw()) { Lost = loss.Missing });
        }

        Inbox.Restore(state.Received, state.Open.Select(entry => ((entry.Sequence, entry.Try), entry.Id)));
        Outbox.Restore(state.Done, state.Finished.Select(entry => (entry.Sequence, entry.Id)));
        foreach (var message in state.Messages)
        {
            var refused = message.Refused is { } told ? new AirlockRefusedException(message.Id, told.Cause, told.Status) : null;
            var restored = new OutboxMessage(message.Id, Encoding.UTF8.GetBytes(message.Payload)) { StopAsked = message.Stop, Stopped = message.Stopped, Refused = refused };
            Outbox.Restore(restored, Bye);
            if (refused is not null)
            {
                restored.Receipt.Fail(refused);
            }
        }
    }

    /// <summary>Checks the invariants, those of what it holds too. For tests and simulations, after each step.</summary>
    /// <exception cref="UnreachableException">One does not hold: a bug in here.</exception>
    public void CheckInvariants()
    {
        Outbox.CheckInvariants();
        Inbox.CheckInvariants();
        var broken = _dropped && Id is not null ? "it was dropped and has a name"
            : Attempt < 0 || Attempt > WireLimits.SequenceMax || Generation < 0 || Window < 1 ? $"attempt {Attempt}, generation {Generation}, window {Window}"
            : _seen.Count > WireLimits.SeenClosesMax || _connections?.Count > ConnectionsMax ? $"{_seen.Count} ends and {_connections?.Count} connections are remembered"
            : _user is not null && !_userKnown ? "it has a user whom nobody named"
            : null;
        if (broken is not null)
        {
            throw new UnreachableException($"The client's session is broken: {broken}.");
        }
    }

    private AirlockClientState.Loss Exported(IReadOnlyList<LostRange> missing, int epoch) => new(missing, [.. Inbox.OpenOf(epoch).Select(Exported)]);

    private static AirlockClientState.Provisional Exported(((long Re, int Try) Key, string? Id) entry) => new(entry.Key.Re, entry.Key.Try, entry.Id);

    private static AirlockClientState.Message Exported(OutboxMessage message) => new(message.Id, Encoding.UTF8.GetString(message.Payload.Span), message.StopAsked)
    {
        Stopped = message.Stopped,
        Refused = message.Refused is { } refused ? new AirlockClientState.Refusal(refused.Cause, refused.Status) : null,
    };

    private void Resume(ReadyFrame frame, ResumeRequest? asked)
    {
        if (asked is null || frame.Session != Id)
        {
            throw new ServerViolation("ready resumes a session that was not asked for.");
        }

        if (frame.ReplayTo < Inbox.Arrived || frame.Generation <= Generation)
        {
            throw new ServerViolation($"ready went back: it replays to {frame.ReplayTo} in generation {frame.Generation}, but {Inbox.Arrived} messages arrived in generation {Generation}.");
        }

        Outbox.Resume(frame.Received, frame.Done, frame.ReplayTo);
    }

    private bool Begin(ReadyFrame frame, ResumeRequest? asked)
    {
        if (frame.Received != 0 || frame.Done != 0 || frame.Session == Id)
        {
            throw new ServerViolation("ready begins a new session that is not new.");
        }

        var lost = _dropped || Id is not null;
        if (lost)
        {
            TellLoss(asked is null ? [new LostRange(Direction.Down, 1, null)] : Ranges(frame));
        }

        Id = frame.Session;
        Attempt = 0;
        (_dropped, Bye) = (false, null);
        Outbox.Renumber();
        return lost;
    }

    private void TellLoss(IEnumerable<LostRange> ranges)
    {
        // What has arrived is not lost, also if the server could not know.
        LostRange[] missing =
        [
            .. ranges.Select(range => range.Direction == Direction.Down ? range with { From = Math.Max(range.From, Inbox.Arrived + 1) } : range)
                .Where(range => range.To is null || range.From <= range.To),
        ];
        var lost = Withdraw();
        // A session that had nothing left to do after bye has ended as it should; only its close was not heard.
        if (missing.Length > 0 || Bye is null)
        {
            Inbox.Tell(new ServerMessage(MessageKind.Lost, lost) { Lost = missing });
        }
    }

    /// <summary>What was streamed and never settled is withdrawn, and a new session counts from 1.</summary>
    /// <returns>The epoch of the session that is over.</returns>
    private int Withdraw()
    {
        var lost = Inbox.Epoch;
        foreach (var ((re, @try), id) in Inbox.Reset())
        {
            Inbox.Tell(new ServerMessage(MessageKind.Void, lost) { Re = id, ReSequence = re, Try = @try });
        }

        return lost;
    }

    private static IEnumerable<LostRange> Ranges(ReadyFrame frame) =>
        (frame.Lost ?? []).Select(range => new LostRange(range.Direction == "up" ? Direction.Up : Direction.Down, range.From, range.To));
}
