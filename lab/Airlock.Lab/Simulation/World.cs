using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Production;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Simulation;

/// <summary>One run's surroundings: time, network, authority, services, the application's handler, and the subject's server. What happens is written into the trace.</summary>
public sealed class World
{
    private readonly ISubject _subject;
    private readonly List<Handshake> _handshakes = [];
    private readonly List<Client> _clients = [];
    private readonly List<ISubjectServer> _servers = [];
    private const string OptionalService = "extra";

    /// <summary>After how many steps invariants are looked at again: after each, a run would take half as long again.</summary>
    private const int LooksEvery = 4;
    private readonly Action _lookAtInvariants;

    /// <summary>Makes the surroundings of one run.</summary>
    /// <param name="scheduler">What runs it.</param>
    /// <param name="subject">What is examined.</param>
    public World(Scheduler scheduler, ISubject subject)
    {
        Scheduler = scheduler;
        _subject = subject;
        Trace = new Trace(scheduler);
        Authority = new Authority(scheduler);
        Application = new Application(this);
        Store = new StoreFaults(scheduler, Trace);
        _lookAtInvariants = LookAtInvariants;
        scheduler.Between = () =>
        {
            if (scheduler.Steps % LooksEvery == 0)
            {
                LockPoints.InOnePiece(_lookAtInvariants);
            }
        };
    }

    /// <summary>What runs it.</summary>
    public Scheduler Scheduler { get; }

    /// <summary>What happened.</summary>
    public Trace Trace { get; }

    /// <summary>Who finds out who a token belongs to.</summary>
    public Authority Authority { get; }

    /// <summary>What the server depends on.</summary>
    public ServiceBoard Services { get; } = new();

    /// <summary>What is wrong with the session store; for subjects with sessions.</summary>
    public StoreFaults Store { get; }

    /// <summary>What the transition table was asked for in all runs so far, if somebody counts.</summary>
    public Coverage? Coverage { get; init; }

    /// <summary>What surrounds the subject beside the scenario.</summary>
    public Surroundings Surroundings { get; init; } = Surroundings.Ordinary;

    /// <summary>What handles messages.</summary>
    public Application Application { get; }

    /// <summary>How the server is set up; a scenario changes it before <see cref="StartServerAsync"/>.</summary>
    public ServerSettings Settings { get; set; } = new();

    /// <summary>The subject's server, once started; of several, the first.</summary>
    public ISubjectServer Server => _servers[0];

    /// <summary>The subject's servers, in the order of their starts. They share the services and the authority, and nothing else.</summary>
    public IReadOnlyList<ISubjectServer> Servers => _servers;

    /// <summary>The connections so far.</summary>
    public IReadOnlyList<Handshake> Handshakes => _handshakes;

    /// <summary>Makes the surroundings what they are chosen to be, after the scenario has set itself up, and says so as the trace's first line.</summary>
    internal void Surround()
    {
        if (Surroundings.IsOrdinary)
        {
            return;
        }

        Trace.Add(TraceKind.Surrounded, name: Surroundings.InWords());
        Settings = Surroundings[Aspect.SessionTimeout] switch
        {
            1 => Settings with { SessionTimeout = TimeSpan.FromSeconds(3) },
            2 => Settings with { SessionTimeout = TimeSpan.FromHours(1), GraceAtEnd = TimeSpan.FromMinutes(65) },
            _ => Settings,
        };
        if (Surroundings[Aspect.OptionalService] > 0)
        {
            Services.DeclareOptional(OptionalService, up: Surroundings[Aspect.OptionalService] == 1);
        }

        if (Surroundings[Aspect.OptionalService] == 3)
        {
            _ = CallAsync("optional service", async () =>
            {
                for (var change = 0; change < 6; change++)
                {
                    await DelayAsync(TimeSpan.FromMilliseconds(500));
                    Services.SetOptional(OptionalService, up: change % 2 == 0);
                }
            });
        }
    }

    /// <summary>Starts the subject's server, or one more; everything it starts by itself belongs to the party that starts it. The lab starts the first.</summary>
    public Task StartServerAsync()
    {
        var actor = Scheduler.NewActor(_servers.Count == 0 ? "server" : $"server {_servers.Count + 1}");
        return Scheduler.StartAsync(actor, "starts", () =>
        {
            _servers.Add(_subject.Start(this));
            return Task.CompletedTask;
        });
    }

    /// <summary>Asks the first server to drain, as a party of its own.</summary>
    /// <param name="budget">How long connections may stay.</param>
    /// <returns>When all have gone.</returns>
    public Task DrainAsync(TimeSpan budget) => CallAsync("host", () => Server.DrainAsync(budget));

    /// <summary>Adds a party that does one thing.</summary>
    /// <param name="name">Its name in traces.</param>
    /// <param name="work">What it does.</param>
    public Task CallAsync(string name, Func<Task> work) => Scheduler.StartAsync(Scheduler.NewActor(name), "calls", work);

    /// <summary>Adds a client, a party of its own.</summary>
    /// <param name="user">Its user, also the name that its token stands for.</param>
    public Client NewClient(string user)
    {
        var number = _clients.Count + 1;
        var client = _subject.NewClient(this, $"client {number}", user);
        _clients.Add(client);
        return client;
    }

    /// <summary>Adds a client that need not keep the rules: it may dial while its connection stands, and twice with one number. Of a subject that has none, an ordinary one.</summary>
    /// <param name="user">Its user, also the name that its token stands for.</param>
    public Client NewPeer(string user)
    {
        var peer = _subject.NewPeer(this, $"client {_clients.Count + 1}", user);
        _clients.Add(peer);
        return peer;
    }

    /// <summary>Dials, for a client.</summary>
    /// <param name="user">Its user.</param>
    /// <param name="options">How.</param>
    public Handshake Dial(string user, DialOptions options)
    {
        var handshake = Prepare(user, options);
        Dial(handshake);
        return handshake;
    }

    /// <summary>Makes a connection that is dialed later, or never: a scenario may do something to it before.</summary>
    /// <param name="user">Who will dial.</param>
    /// <param name="options">How.</param>
    public Handshake Prepare(string user, DialOptions options)
    {
        var handshake = new Handshake(this, $"c{_handshakes.Count + 1}", user, options);
        _handshakes.Add(handshake);
        return handshake;
    }

    /// <summary>Dials a connection that was prepared; once.</summary>
    /// <param name="handshake">The connection.</param>
    public void Dial(Handshake handshake)
    {
        ArgumentNullException.ThrowIfNull(handshake);
        Trace.Add(TraceKind.Dialed, handshake.Connection, handshake.User, number: SetupMost);
        _ = Scheduler.StartAsync(handshake.ServerActor, "is dialed", () => _servers[handshake.Options.Server].ServeAsync(handshake));
    }

    /// <summary>The most that hello, authentication, services and attach may take together, in milliseconds. Where time races with work a late step is the lab's doing: no bound.</summary>
    private long SetupMost => Scheduler.TimeRaces ? 0 : (long)((3 * Settings.SetupTimeout) + Settings.ServicesTimeout).TotalMilliseconds;

    /// <summary>Says what a scenario expects of every subject. If it is not so, the run violates the scenario's expectation.</summary>
    /// <param name="isSo">Whether it is.</param>
    /// <param name="expectation">What, as a sentence.</param>
    public void Expect(bool isSo, string expectation)
    {
        if (!isSo)
        {
            Trace.Add(TraceKind.Missed, name: expectation);
        }
    }

    /// <summary>As <see cref="Expect"/>, for what a deadline may rightly prevent: not asked where time races with work.</summary>
    /// <param name="isSo">Whether it is.</param>
    /// <param name="expectation">What, as a sentence.</param>
    public void ExpectInTime(bool isSo, string expectation) => Expect(isSo || Scheduler.HasRaced, expectation);

    /// <summary>Lets virtual time pass for the caller.</summary>
    /// <param name="time">How much.</param>
    public Task DelayAsync(TimeSpan time) => Task.Delay(time, Scheduler.Time);

    /// <summary>Lets the strategy choose one of some values; the first is the ordinary one.</summary>
    /// <typeparam name="T">Of what.</typeparam>
    /// <param name="values">The values.</param>
    public T Choose<T>(params ReadOnlySpan<T> values) => values[Scheduler.Choose(values.Length)];

    /// <summary>Ends everything: the clients leave, the server has the time it needs, and what is left over is written down.</summary>
    public async Task FinishAsync()
    {
        foreach (var client in _clients)
        {
            await client.LeaveAsync();
        }

        // What is late by now is the server's own doing.
        Scheduler.EndTimeRaces();
        await DelayAsync(Settings.GraceAtEnd);
        if (Surroundings[Aspect.Later] > 0 && _clients.FirstOrDefault() is { User: var user })
        {
            // Everything there was of this user is over; what was kept of it all the same meets a second session.
            await DelayAsync(TimeSpan.FromHours(1));
            var again = NewClient(user);
            await again.ConnectAsync();
            again.Send();
            await again.SettleAsync(dialsMax: 3);
            await again.LeaveAsync();
            await DelayAsync(Settings.GraceAtEnd);
        }

        LockPoints.InOnePiece(_lookAtInvariants);
        foreach (var client in _clients)
        {
            client.NoteLeftOvers();
        }

        foreach (var server in _servers)
        {
            server.NoteLeftOvers();
            server.Dispose();
        }

        // What a test's thread would call a leak: somebody waits for a time although everybody has gone.
        if (Scheduler.Time.NextDue is { } due)
        {
            Trace.Add(TraceKind.LeftOver, "", "timer", to: $"due in {(due - Scheduler.Time.Elapsed).TotalSeconds:0.###} s");
        }

        // A subject may leave sockets open; a WebSocket client that waits for their end does so on a real timer, which would outlive the run.
        foreach (var handshake in _handshakes)
        {
            handshake.ToServer.Reset();
            handshake.ToClient.Reset();
        }
    }

    private void LookAtInvariants()
    {
        try
        {
            foreach (var server in _servers)
            {
                server.CheckInvariants();
            }

            foreach (var client in _clients)
            {
                client.CheckInvariants();
            }
        }
        catch (System.Diagnostics.UnreachableException broken)
        {
            // The first one says it; what follows from it would say no more.
            if (Scheduler.Between is null)
            {
                return;
            }

            Scheduler.Between = null;
            Trace.Add(TraceKind.Broken, "", "an object is not what it promises", to: broken.Message);
        }
    }
}
