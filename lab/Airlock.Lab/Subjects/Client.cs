using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects;

/// <summary>A client of a subject: an application's side of a connection, in words that every subject understands. Its methods are called from any party's step.</summary>
public abstract class Client
{
    private int _sent;

    /// <summary>Makes a client.</summary>
    /// <param name="world">The run's surroundings.</param>
    /// <param name="name">The party's name.</param>
    /// <param name="user">Its user.</param>
    protected Client(World world, string name, string user)
    {
        World = world;
        Name = name;
        User = user;
        Actor = world.Scheduler.NewActor(name);
        Token = $"user:{user}";
    }

    /// <summary>Its name in traces.</summary>
    public string Name { get; }

    /// <summary>Its user.</summary>
    public string User { get; }

    /// <summary>What it shows in order to come in. Default: a good token of its user. Null for nothing.</summary>
    public string? Token { get; set; }

    /// <summary>Its party.</summary>
    public Actor Actor { get; }

    /// <summary>The connection it uses, if it has dialed.</summary>
    public Handshake? Handshake { get; protected set; }

    /// <summary>The code that the last connection ended with; 0 while none has.</summary>
    public int Code { get; protected set; }

    /// <summary>The cause that the last connection ended with, or null.</summary>
    public string? Cause { get; protected set; }

    /// <summary>Whether it answers when it is asked for a sign of life. Default: true. For clients that are asked.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>Whether it answers a request for new credentials. Default: true. For clients that are asked.</summary>
    public bool Refreshes { get; set; } = true;

    /// <summary>How many spaces stand behind each message, to make it large. Default: 0. For clients that can.</summary>
    public int Padding { get; set; }

    /// <summary>Whether the next dial says that the client can be told of pushes that did not fit (<c>gap</c>). Default: false. For clients with sessions.</summary>
    public bool SaysGap { get; set; }

    /// <summary>Whether it sends what it has before its connection is ready. Default: true. For clients that can.</summary>
    public bool SendsEarly { get; set; } = true;

    /// <summary>How many pushes it got.</summary>
    public int Pushed { get; protected set; }

    /// <summary>How many gaps it was told of.</summary>
    public int Gaps { get; protected set; }

    /// <summary>How many pushes it was told that it missed.</summary>
    public long Missed { get; protected set; }

    /// <summary>How often it was given a new session in place of one that it wanted to resume.</summary>
    public int SessionsLost { get; protected set; }

    /// <summary>Whether the next dial uses the number of the last one again, as a copied tab does. Default: false. For clients with sessions.</summary>
    public bool RepeatsAttempt { get; set; }

    /// <summary>Messages that have got neither an answer nor a refusal.</summary>
    public abstract int Unsettled { get; }

    /// <summary>The run's surroundings.</summary>
    protected World World { get; }

    /// <summary>Dials once. A client that has sessions takes up the one it has.</summary>
    /// <param name="options">How.</param>
    /// <returns>When the connection is ready (true) or over (false).</returns>
    public abstract Task<bool> ConnectAsync(DialOptions? options = null);

    /// <summary>Completes when the connection of now is over.</summary>
    public abstract Task WhenClosed { get; }

    /// <summary>Sends one message as soon as this client's own rules allow.</summary>
    /// <returns>The message's id.</returns>
    public string Send()
    {
        var id = $"{Name.Replace("client ", "m", StringComparison.Ordinal)}.{++_sent}";
        World.Trace.Add(TraceKind.ClientSent, Handshake?.Connection ?? "", id, Name, User);
        Send(id);
        return id;
    }

    /// <summary>Waits until every message sent has got an answer or a refusal, or the connection is over.</summary>
    public abstract Task WhenSettledAsync();

    /// <summary>Waits until every message sent has got an answer or a refusal, and dials again when the connection is over or silent for a minute.</summary>
    /// <param name="dialsMax">How often it dials at most.</param>
    /// <param name="options">How.</param>
    public async Task SettleAsync(int dialsMax, DialOptions? options = null)
    {
        while (Unsettled > 0)
        {
            if (!WhenClosed.IsCompleted)
            {
                using var answered = new CancellationTokenSource();
                await Task.WhenAny(WhenSettledAsync(), Task.Delay(TimeSpan.FromMinutes(1), World.Scheduler.Time, answered.Token));
                answered.Cancel();
            }

            if (Unsettled == 0 || dialsMax-- == 0)
            {
                return;
            }

            if (dialsMax == 0)
            {
                // The last dial is for what is left, not for one more race against a deadline.
                World.Scheduler.EndTimeRaces();
            }

            await ConnectAsync(options);
        }
    }

    /// <summary>Closes the connection without a goodbye.</summary>
    public virtual Task CloseAsync()
    {
        Handshake?.Cut();
        return Task.CompletedTask;
    }

    /// <summary>Sends a text that the client's own rules would not let it send. A client of another protocol does nothing.</summary>
    /// <param name="message">The text of one message.</param>
    public virtual void SendRaw(string message)
    {
    }

    /// <summary>Asks that a message be not handled any further. A client that cannot does nothing.</summary>
    /// <param name="id">The message's id.</param>
    public virtual void Stop(string id)
    {
    }

    /// <summary>Ends for good: says goodbye if there is somebody to say it to, and waits until the connection is over.</summary>
    public Task LeaveAsync()
    {
        World.Trace.Add(TraceKind.ClientLeft, Handshake?.Connection ?? "", SaysGoodbye ? "bye" : "close", Name);
        return EndAsync();
    }

    /// <summary>Checks what the client's objects promise of themselves; called between any two steps, so it must neither wait nor change anything. Default: nothing is asked.</summary>
    /// <exception cref="System.Diagnostics.UnreachableException">Something does not hold; the message says what.</exception>
    public virtual void CheckInvariants()
    {
    }

    /// <summary>Writes down what is left of it after the end, when the server has had its time too. Default: nothing is asked.</summary>
    public virtual void NoteLeftOvers()
    {
    }

    /// <summary>Whether the server would finish what this client has sent, if it left now.</summary>
    protected virtual bool SaysGoodbye => false;

    /// <summary>Says goodbye if there is somebody to say it to, and waits until the connection is over.</summary>
    protected abstract Task EndAsync();

    /// <summary>Sends one message as soon as this client's own rules allow.</summary>
    /// <param name="id">Its id.</param>
    protected abstract void Send(string id);

    /// <summary>Runs work as this client's party.</summary>
    /// <param name="label">What it is, for a reader.</param>
    /// <param name="work">The work.</param>
    protected Task StartAsync(string label, Func<Task> work) => World.Scheduler.StartAsync(Actor, label, work);
}
