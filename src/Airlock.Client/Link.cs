using Airlock.Core;

namespace Airlock.Client;

/// <summary>One connection, from dial to end, as a pure machine: frames and the time go in, states come out. It knows no socket, no timer and no session.</summary>
/// <param name="number">Counts this client's connections from 1.</param>
/// <param name="now">When it is dialed.</param>
/// <param name="reason">What the application is told when it is asked for credentials.</param>
internal sealed class Link(int number, TimeSpan now, CredentialsReason reason = CredentialsReason.Connect)
{
    /// <summary>How long nothing may be heard before a phase is given up, beyond the server's own deadlines.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    private const int GatesMax = 256;

    private readonly Dictionary<string, GateFrame> _gates = [];

    public int Number { get; } = number;

    public CredentialsReason Reason { get; } = reason;

    public ConnectionState State { get; private set; } = ConnectionState.Connecting;

    public TimeSpan EnteredAt { get; private set; } = now;

    /// <summary>When anything was last heard, or the dial began.</summary>
    public TimeSpan HeardAt { get; set; } = now;

    public OpenFrame? Open { get; private set; }

    public AuthedFrame? Authed { get; private set; }

    public ReadyFrame? Ready { get; private set; }

    public ClosingFrame? Closing { get; private set; }

    public IReadOnlyCollection<GateFrame> Gates => _gates.Values;

    /// <summary>The credentials it is dialed with; null until the application has given them.</summary>
    public Offer? Offer { get; set; }

    /// <summary>What <c>hello</c> asked to resume.</summary>
    public ResumeRequest? Resume { get; set; }

    /// <summary>The server's clock, in milliseconds since 1970, minus ours.</summary>
    public double ClockOffset { get; private set; }

    /// <summary>This side has closed it; what the server still sends is of no interest.</summary>
    public bool Left { get; private set; }

    /// <summary>Whether the credentials are to be refreshed once this has taken over.</summary>
    public bool RefreshDue { get; set; }

    /// <summary>The newest <c>refreshBefore</c>, and how many refreshes in a row brought none that is later.</summary>
    public long RefreshedBy { get; set; }

    public int Unrenewed { get; set; }

    public bool IsOver => State is ConnectionState.Closed or ConnectionState.Failed;

    /// <summary>Whether application data may be written: attached, and not about to close.</summary>
    public bool Attached => Ready is not null && State != ConnectionState.Closing && !IsOver;

    /// <summary>Whether credentials may be refreshed: known to the server, and not about to close.</summary>
    public bool Refreshable => Authed is not null && State != ConnectionState.Closing && !IsOver;

    /// <summary>The number that the next numbered frame must have.</summary>
    public long Next { get; private set; }

    /// <summary>The highest acknowledgement written.</summary>
    public long Acked { get; set; }

    /// <summary>How long nothing may be heard in the present phase.</summary>
    public TimeSpan Patience(TimeSpan connectTimeout)
    {
        if (Ready is not null)
        {
            return TimeSpan.FromMilliseconds(2 * Ready.Idle);
        }

        if (Open is null)
        {
            return connectTimeout;
        }

        var phases = Open.Deadlines;
        return Slack + TimeSpan.FromMilliseconds(Authed is null ? phases.Hello + phases.Authentication : phases.Gate + phases.Attach);
    }

    /// <summary>A frame has arrived: checks that it may come here and means what it can mean, then moves.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="at">Now.</param>
    /// <param name="entered">Told of every state that is entered.</param>
    /// <exception cref="ServerViolation">It may not; nothing has changed then.</exception>
    public void Accept(in Frame frame, TimeSpan at, Action<ConnectionState, TimeSpan> entered)
    {
        CheckOrder(frame.Type);
        switch (frame.Body)
        {
            case OpenFrame open:
                Open = ServerFrames.Checked(open);
                ClockOffset = open.Now - at.TotalMilliseconds;
                Enter(ConnectionState.Accepted, at, entered);
                break;
            case AuthedFrame authed:
                Authed = ServerFrames.Checked(authed);
                if (State == ConnectionState.Accepted)
                {
                    Enter(ConnectionState.Authenticated, at, entered);
                }

                break;
            case GateFrame gate:
                OnGate(ServerFrames.Checked(gate), at, entered);
                break;
            case ReadyFrame ready:
                Ready = ServerFrames.Checked(ready);
                Next = (ready.Resume == "resumed" ? Resume?.Received ?? 0 : 0) + 1;
                Acked = Next - 1;
                if (State == ConnectionState.Authenticated)
                {
                    Enter(ConnectionState.ServicesReady, at, entered);
                }

                Enter(ConnectionState.ProcessingReady, at, entered);
                Weigh(at, entered);
                break;
            case DrainFrame drain:
                ServerFrames.Check(drain);
                if (State is ConnectionState.ProcessingReady or ConnectionState.Degraded)
                {
                    Enter(ConnectionState.Draining, at, entered);
                }

                break;
            case ClosingFrame closing:
                Closing = ServerFrames.Checked(closing);
                if (Open is not null)
                {
                    Enter(ConnectionState.Closing, at, entered);
                }

                break;
            default:
                if (IsNumbered(frame.Type))
                {
                    OnNumbered(frame);
                }

                break;
        }
    }

    /// <summary>This side begins to close.</summary>
    public void Leave(TimeSpan at, Action<ConnectionState, TimeSpan> entered)
    {
        Left = true;
        if (State != ConnectionState.Connecting && State != ConnectionState.Closing)
        {
            Enter(ConnectionState.Closing, at, entered);
        }
    }

    /// <summary>The transport has ended.</summary>
    public void End(bool clean, TimeSpan at, Action<ConnectionState, TimeSpan> entered) => Enter(clean ? ConnectionState.Closed : ConnectionState.Failed, at, entered);

    private static bool IsNumbered(FrameType type) => type is FrameType.Data or FrameType.End or FrameType.Void or FrameType.Nack or FrameType.Gap or FrameType.Unknown;

    private void CheckOrder(FrameType type)
    {
        var inOrder = Closing is null && type switch
        {
            FrameType.Open => Open is null,
            FrameType.Authed => Open is not null,
            FrameType.Ready => Authed is not null && Ready is null,
            FrameType.Gate or FrameType.Refresh => Authed is not null,
            FrameType.Ack => Ready is not null,
            // A server whose reason came while the upgrade was under way may have said nothing else.
            FrameType.Closing => true,
            _ when IsNumbered(type) => Ready is not null,
            _ => Open is not null,
        };
        if (!inOrder)
        {
            throw new ServerViolation($"{type} came in {State}.");
        }
    }

    private void OnNumbered(in Frame frame)
    {
        if (frame.Sequence != Next)
        {
            throw new ServerViolation($"Number {frame.Sequence} came where {Next} was next.");
        }

        Next++;
    }

    private void OnGate(GateFrame gate, TimeSpan at, Action<ConnectionState, TimeSpan> entered)
    {
        if (!_gates.ContainsKey(gate.Name) && _gates.Count >= GatesMax)
        {
            throw new ServerViolation($"There are more than {GatesMax} gates.");
        }

        _gates[gate.Name] = gate;
        var required = _gates.Values.Where(static each => each.Required).ToList();
        if (State == ConnectionState.Authenticated && required.Count > 0 && required.All(static each => each.State is "open" or "degraded"))
        {
            Enter(ConnectionState.ServicesReady, at, entered);
        }

        Weigh(at, entered);
    }

    /// <summary>Moves between ready and degraded, as the gates are.</summary>
    private void Weigh(TimeSpan at, Action<ConnectionState, TimeSpan> entered)
    {
        var degraded = _gates.Values.Any(static gate => gate.State != "open");
        if (State == ConnectionState.ProcessingReady && degraded)
        {
            Enter(ConnectionState.Degraded, at, entered);
        }
        else if (State == ConnectionState.Degraded && !degraded)
        {
            Enter(ConnectionState.ProcessingReady, at, entered);
        }
    }

    private void Enter(ConnectionState state, TimeSpan at, Action<ConnectionState, TimeSpan> entered)
    {
        var lasted = at - EnteredAt;
        (State, EnteredAt) = (state, at);
        entered(state, lasted);
    }
}
