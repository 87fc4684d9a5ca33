using System.Globalization;
using System.Net.WebSockets;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>A model of the incident's endpoint, phase by phase in the order of the dossier (§1.2). Without faults it is plain and right: one machine and one id from before the accept, readiness awaited by events, one way out.</summary>
/// <remarks>
/// Not the incident's: its endpoint read nothing before its loop, nobody watched services beside the one phase that polled for them, and the queue of early messages was in its code but not in use. The model has a reader from the accept
/// on, a watcher and a queue in use, because what is right needs them. Which faults are the incident's says <see cref="OriginAttribute"/>.
/// </remarks>
internal sealed partial class LegacyEndpoint
{
    private static readonly TimeSpan _pingInterval = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _pongTimeout = TimeSpan.FromSeconds(110);
    private readonly LegacySurroundings _lab;
    private readonly LegacyRegistry _registry;
    private readonly LegacyAuthentication _authentication;
    private readonly LegacyFactory _factory;
    private readonly LegacyRouter _router;
    private readonly LegacyBreaker _acceptBreaker;
    private readonly List<LegacyConnection> _connections = [];
    private TaskCompletionSource _servicesChanged = new();
    private int _objects;

    public LegacyEndpoint(LegacySurroundings lab)
    {
        _lab = lab;
        _registry = new LegacyRegistry(lab);
        _authentication = new LegacyAuthentication(lab);
        _factory = new LegacyFactory(lab);
        _router = new LegacyRouter(lab);
        _acceptBreaker = new LegacyBreaker(lab.Time, failuresMax: 3, recovery: TimeSpan.FromSeconds(15));
        lab.Services.Changed += (_, _) =>
        {
            var changed = _servicesChanged;
            _servicesChanged = new();
            changed.SetResult();
        };
    }

    /// <summary>Serves one connection to its end.</summary>
    public async Task ServeAsync(LegacyUpgrade upgrade)
    {
        LegacyConnection c = null!;
        c = new LegacyConnection(upgrade, _lab)
        {
            Machine = _registry.Register(upgrade.Connection, FirstId(upgrade.Connection)),
            Queue = new LegacyQueue(_lab, frame => ProcessAsync(c, frame)),
        };
        _connections.Add(c);
        var accept = AcceptAsync(c);
        if (!_lab.Has(LegacyFault.PhaseOverlap))
        {
            await accept;
        }

        var beside = Task.WhenAll(ReadAsync(c), PingAsync(c), WatchServicesAsync(c));
        _ = await StabilizeAsync()
            && AddSecondMachine(c)
            && await ReadSessionAsync(c)
            && await AuthenticateAsync(c)
            && await MakeManagerAsync(c)
            && await ReRegisterAsync(c)
            && await AwaitServicesAsync(c)
            && await CoordinateAsync(c)
            && await BecomeReadyAsync(c)
            && await RunLoopAsync(c);
        await c.Over;
        await accept;
        await beside;
        await c.Socket.FinishAsync();
        _connections.Remove(c);
    }

    /// <summary>Ends all connections of a user.</summary>
    public async Task DisconnectAsync(string user)
    {
        foreach (var c in _connections.Where(c => c.Context?.User == user).ToArray())
        {
            await EndAsync(c, 1001, "DISCONNECTED");
        }
    }

    /// <summary>Writes down what is left over.</summary>
    public void NoteLeftOvers()
    {
        _registry.NoteLeftOvers();
        _factory.NoteLeftOvers();
    }

    // Phases 1 and 1b: accept, and machine A.
    private async Task AcceptAsync(LegacyConnection c)
    {
        WebSocket socket;
        try
        {
            socket = _lab.Has(LegacyFault.RetriedAccept) ? await _acceptBreaker.AcceptAsync(c.Upgrade) : await c.Upgrade.AcceptAsync(null);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            await EndAsync(c, 1011, e.Message);
            return;
        }

        await c.Socket.AcceptedAsync(socket);
        await MoveAsync(c, States.Accepted);
    }

    // Phase 2: "stabilisation".
    private async Task<bool> StabilizeAsync()
    {
        await SleepAsync(50);
        await SleepAsync(50);
        return true;
    }

    // Phase 4: machine B, which nobody moves.
    private bool AddSecondMachine(LegacyConnection c)
    {
        if (_lab.Has(LegacyFault.SecondMachine))
        {
            c.Second = _registry.Register(c.Name, string.Create(CultureInfo.InvariantCulture, $"ws_{_lab.Time.GetUtcNow().ToUnixTimeMilliseconds()}_{++_objects}"));
        }

        return !c.IsOver || _lab.Has(LegacyFault.IgnoredTransitions);
    }

    // The context middleware, which stood in the incident's pipeline before it should have (dossier §2.10).
    private async Task<bool> ReadSessionAsync(LegacyConnection c)
    {
        if (_lab.Has(LegacyFault.SessionMiddleware))
        {
            try
            {
                c.Upgrade.ReadSession();
            }
            catch (InvalidOperationException e)
            {
                return await RefuseAsync(c, 1011, e.Message);
            }
        }

        return true;
    }

    // Phase 6: authentication and the user's context.
    private async Task<bool> AuthenticateAsync(LegacyConnection c)
    {
        var asking = _authentication.FindUserAsync(c.Upgrade.Token);
        if (!await WithinAsync(asking, _lab.Settings.SetupTimeout))
        {
            return await RefuseAsync(c, 1013, "AUTH_TIMEOUT");
        }

        var (user, code, cause) = await asking;
        if (user is null)
        {
            return await RefuseAsync(c, code, cause!);
        }

        if (c.IsOver && !_lab.Has(LegacyFault.IgnoredTransitions))
        {
            return false;
        }

        c.Context = _authentication.ContextFor(c.Name, user);
        return true;
    }

    // Phases 7 and 10: a manager and a handler of its own.
    private async Task<bool> MakeManagerAsync(LegacyConnection c)
    {
        if (c.IsOver)
        {
            return _lab.Has(LegacyFault.IgnoredTransitions);
        }

        if (_lab.Has(LegacyFault.SecondContext))
        {
            c.Context = _authentication.MakeContext(c.Name, c.Context!.User);
        }

        if (_factory.Make(c.Name, c.Context!.User) is not { } key)
        {
            return await RefuseAsync(c, 1008, "TOO_MANY_CONNECTIONS");
        }

        c.Manager = key;
        _router.Add(c.Name, c.Context.User);
        return true;
    }

    // Phase 12: the client's id, machine C, and AUTHENTICATED. The endpoint did this after phase 9; here it comes first, so that without faults a connection waits for services as AUTHENTICATED.
    private async Task<bool> ReRegisterAsync(LegacyConnection c)
    {
        if (_lab.Has(LegacyFault.FreshMachine) || _lab.Has(LegacyFault.RegistryGap))
        {
            _registry.Unregister(c.Name, c.Machine.Id);
            if (_lab.Has(LegacyFault.RegistryGap))
            {
                await Task.Yield();
                await Task.Yield();
            }

            if (_lab.Has(LegacyFault.FreshMachine))
            {
                c.Machine = _registry.Register(c.Name, c.Context!.ClientId);
            }
            else
            {
                _registry.Restore(c.Name, c.Machine);
            }
        }

        return await MoveAsync(c, States.Authenticated) || _lab.Has(LegacyFault.IgnoredTransitions);
    }

    // Phases 8 and 9: the services, awaited by their event.
    private async Task<bool> AwaitServicesAsync(LegacyConnection c)
    {
        if (_lab.Has(LegacyFault.SilentReturn) || await WithinAsync(WhenServicesAsync(c), _lab.Settings.ServicesTimeout))
        {
            return true;
        }

        return await RefuseAsync(c, _lab.Has(LegacyFault.ServicesAs1011) ? 1011 : 1013, "SERVICES_NOT_READY");
    }

    private async Task WhenServicesAsync(LegacyConnection c)
    {
        while (!_lab.Services.AreUp && !c.HasServices && !c.IsOver)
        {
            await Task.WhenAny(_servicesChanged.Task, c.Over);
        }
    }

    // Services that come up during setup move the machine, if it is time. Who does not look at results does not look at the state either; and the budget of refusals was made for such callers.
    private async Task WatchServicesAsync(LegacyConnection c)
    {
        var looks = !_lab.Has(LegacyFault.IgnoredTransitions) && !_lab.Has(LegacyFault.FailureBudget);
        while (!c.IsOver)
        {
            await Task.WhenAny(_servicesChanged.Task, c.Over);
            if (!c.IsOver && !c.HasServices && _lab.Services.AreUp && (!looks || c.Machine.State == States.Authenticated))
            {
                c.HasServices = await c.Machine.MoveAsync(c.Name, States.ServicesReady) || _lab.Has(LegacyFault.IgnoredTransitions);
            }
        }
    }

    // Phase 13: the coordinator sleeps and is believed.
    private async Task<bool> CoordinateAsync(LegacyConnection c)
    {
        if (_lab.Has(LegacyFault.SleepingCoordinator))
        {
            await c.Coordinator.CoordinateAsync();
            c.Queue.Open();
        }

        return true;
    }

    // Phases 15 and 16: the machine is finished and the client told; with the fault the other way round.
    private async Task<bool> BecomeReadyAsync(LegacyConnection c)
    {
        var ignores = _lab.Has(LegacyFault.IgnoredTransitions);
        var welcomesFirst = _lab.Has(LegacyFault.WelcomeBeforeReady) || c.Coordinator.IsReady;
        if (welcomesFirst)
        {
            await WelcomeAsync(c);
            await SleepAsync(50);
        }

        if (_lab.Has(LegacyFault.SilentReturn) && !_lab.Services.AreUp && !c.HasServices)
        {
            return true;
        }

        var isReady = (c.HasServices || (c.HasServices = await MoveAsync(c, States.ServicesReady))) && await MoveAsync(c, States.ProcessingReady);
        if (!isReady && !ignores)
        {
            return false;
        }

        if (!welcomesFirst)
        {
            await WelcomeAsync(c);
            await SleepAsync(50);
        }

        return true;
    }

    // Phase 17: the message loop.
    private async Task<bool> RunLoopAsync(LegacyConnection c)
    {
        if (_lab.Has(LegacyFault.SilentReturn) && !c.Machine.CanProcess && !c.IsOver)
        {
            for (var poll = 0; poll < 10 && !c.Machine.CanProcess; poll++)
            {
                await _lab.SleepAsync(100);
                if (c.HasServices && c.Machine.State == States.ServicesReady)
                {
                    await BecomeReadyAsync(c);
                }
            }

            if (!c.Machine.CanProcess)
            {
                _lab.Log(c.Name, "ERROR", $"Connection {c.Machine.Id} state machine never reached ready state: ApplicationConnectionState.{c.Machine.State}");
                _lab.Log(c.Name, "ERROR", "This indicates accept() race condition - connection cannot process messages");
                await EndAsync(c, 0, null);
            }
        }

        c.Queue.Open();
        return true;
    }

    // Phase 18: the way out, whoever finds it first.
    private async Task EndAsync(LegacyConnection c, int code, string? cause)
    {
        if (c.IsOver)
        {
            return;
        }

        c.IsOver = true;
        if (!_lab.Has(LegacyFault.LeakedMachines))
        {
            c.Machine.Close(c.Name);
            c.Second?.Close(c.Name);
        }

        _lab.Trace.Add(TraceKind.Ended, c.Name, cause, number: code);
        if (!_lab.Has(LegacyFault.LeakedMachines))
        {
            _registry.Unregister(c.Name, c.Machine.Id);
            _registry.Unregister(c.Name, c.Second?.Id ?? "");
        }

        _router.Remove(c.Name);
        if (c.Manager is not null)
        {
            _factory.CleanUp(c.Name, c.Manager);
        }

        // Closed first, told then: who waits for the end may go on at once.
        var closing = c.Socket.CloseAsync(code, cause).AsTask();
        c.TellOver();
        await closing;
    }
}
