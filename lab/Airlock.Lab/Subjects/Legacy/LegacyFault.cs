namespace Airlock.Lab.Subjects.Legacy;

/// <summary>A fault of the incident's endpoint. Each can be switched on alone, and alone it violates something; § is the section of the incident's dossier that shows it.</summary>
[Flags]
public enum LegacyFault
{
    /// <summary>None: a plain endpoint as it should have been.</summary>
    None = 0,

    /// <summary>Phase 4 registers a second machine, B, for a connection that has one, and never moves it (§1.2 phase 4).</summary>
    SecondMachine = 1 << 0,

    /// <summary>After authentication the machine that was accepted is thrown away for a fresh one, C, under the client's id (§1.2 phase 12, §1.3 lost history).</summary>
    FreshMachine = 1 << 1,

    /// <summary>Transitions are asked for without a look at the state, and the result is logged and ignored (§0 line 4, §1.2 phases 1b, 12 and 16).</summary>
    IgnoredTransitions = 1 << 2,

    /// <summary>A transition is checked outside the lock that applies it (§2.1, <c>execute_transition</c>).</summary>
    CheckOutsideLock = 1 << 3,

    /// <summary>After five refusals the next request that is right reports success and the machine has failed (§2.1, confirmed defects).</summary>
    FailureBudget = 1 << 4,

    /// <summary>Who is in no index is ready, and the guards ask without an id (§0 line 6, §1.3 split readers and missing entry, §2.1 <c>is_connection_ready</c>).</summary>
    FailOpenLookup = 1 << 5,

    /// <summary>A connection is taken out of the index and put in again in two steps (§1.3 missing entry).</summary>
    RegistryGap = 1 << 6,

    /// <summary>The first id is the second in which the connection came, and an id that exists returns the machine that has it (§1.3 colliding ids).</summary>
    OneSecondIds = 1 << 7,

    /// <summary>The machines are not taken out of the index at the end (§1.2 phase 18).</summary>
    LeakedMachines = 1 << 8,

    /// <summary>A coordinator sleeps, says that the connection is ready without looking, and is believed (§1.2 phases 2, 13 and 15, §2.2).</summary>
    SleepingCoordinator = 1 << 9,

    /// <summary>The client is told that it is ready before that is decided (§0 line 5, §1.2 phase 15).</summary>
    WelcomeBeforeReady = 1 << 10,

    /// <summary>The phases after the accept do not wait for it (§1.2 phases 1 and 4, §3A 3).</summary>
    PhaseOverlap = 1 << 11,

    /// <summary>A breaker calls accept again when the first call takes too long (§1.2 phase 1, §2.3).</summary>
    RetriedAccept = 1 << 12,

    /// <summary>Bad tokens of one client open a breaker for everybody (§2.3 auth breaker).</summary>
    SharedBreaker = 1 << 13,

    /// <summary>No queue is there: a message is handled when it comes (§2.4 last defect of the queue).</summary>
    QueueUnwired = 1 << 14,

    /// <summary>The queue's flush is called but never awaited, so that it never runs (§2.4 first defect of the queue).</summary>
    QueueNeverFlushes = 1 << 15,

    /// <summary>The queue passes new messages through while the old ones are still flushed (§2.4, order; §5.3 invariant 7).</summary>
    FlushRacesLive = 1 << 16,

    /// <summary>Whoever is not let in is told 1011, a fault of the server (§1.2 phase 6, §2.10 errors, §2.13).</summary>
    AuthenticationAs1011 = 1 << 17,

    /// <summary>Services that are not there in time are told as 1011 (§1.4 1011 closes, §2.13).</summary>
    ServicesAs1011 = 1 << 18,

    /// <summary>The loop polls ten times for readiness and then returns, without a close frame (§1.2 phase 17).</summary>
    SilentReturn = 1 << 19,

    /// <summary>What hangs is never cancelled: neither the authentication nor the services have a deadline (§2.5).</summary>
    HangingChecks = 1 << 20,

    /// <summary>The result of an authentication, with user and ids, is kept by environment and given to the next socket (§1.3 cached auth result).</summary>
    SharedAuthentication = 1 << 21,

    /// <summary>The factory makes a context of its own beside the one of the authentication (§1.2 phases 6 and 7, §3A 5).</summary>
    SecondContext = 1 << 22,

    /// <summary>A context's id is the millisecond in which it was made (§3D 18).</summary>
    MillisecondContexts = 1 << 23,

    /// <summary>Handlers are in one list for all connections, and the first serves everybody (§2.6 global router trap).</summary>
    SharedRouter = 1 << 24,

    /// <summary>A connection's manager is made under one key and cleaned up under another (§2.11 leak cause).</summary>
    LeakedManagers = 1 << 25,

    /// <summary>The reader looks whether the socket is open, and receives a moment later (§1.4 "Need to call accept", §5.2 receive after close).</summary>
    ReceiveAfterClose = 1 << 26,

    /// <summary>A peer found dead is not pinged any more, and that is all (§2.7).</summary>
    DeadPeerKept = 1 << 27,

    /// <summary>A ticket is read first and deleted afterwards (§2.10 tickets).</summary>
    TicketReadThenDelete = 1 << 28,

    /// <summary>A failed handler closes with 1004, which is reserved (§2.13).</summary>
    ReservedCloseCode = 1 << 29,

    /// <summary>
    /// The endpoint's context middleware reads the HTTP session, which on the way to a WebSocket nobody has installed: it throws, and the connection is closed with 1011
    /// (§2.10 SessionMiddleware, §3C 10). Every connection, after its accept and before its authentication; without the fault the endpoint knows no HTTP session.
    /// </summary>
    SessionMiddleware = 1 << 30,

    /// <summary>The incident as its log shows it. Two faults would hide the rest: with <see cref="SessionMiddleware"/> no connection comes as far, and what is handled at once (<see cref="QueueUnwired"/>) is not lost in a queue.</summary>
    All = int.MaxValue & ~(QueueUnwired | SessionMiddleware),
}
