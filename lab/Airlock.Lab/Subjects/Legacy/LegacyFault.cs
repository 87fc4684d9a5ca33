namespace Airlock.Lab.Subjects.Legacy;

/// <summary>A fault of the legacy model. Each can be switched on alone, and alone it violates something; § is the section of the incident's dossier that shows it, and <see cref="OriginAttribute"/> says which were the incident's endpoint's.</summary>
[Flags]
public enum LegacyFault
{
    /// <summary>None: a plain endpoint as it should have been.</summary>
    None = 0,

    /// <summary>Phase 4 registers a second machine, B, for a connection that has one, and never moves it (§1.2 phase 4).</summary>
    [Origin(FaultOrigin.Endpoint)]
    SecondMachine = 1 << 0,

    /// <summary>After authentication the machine that was accepted is thrown away for a fresh one, C, under the client's id (§1.2 phase 12, §1.3 lost history).</summary>
    [Origin(FaultOrigin.Endpoint)]
    FreshMachine = 1 << 1,

    /// <summary>Transitions are asked for without a look at the state, and the result is logged and ignored (§0 line 4, §1.2 phases 1b, 12 and 16).</summary>
    [Origin(FaultOrigin.Endpoint)]
    IgnoredTransitions = 1 << 2,

    /// <summary>A transition is checked outside the lock that applies it (§2.1, <c>execute_transition</c>).</summary>
    [Origin(FaultOrigin.Beside, "A method that checks outside its lock is there; that the endpoint called it is not known, and on one event loop nothing comes between. The pause between the check and the step is the model's.")]
    CheckOutsideLock = 1 << 3,

    /// <summary>After five refusals the next request that is right reports success and the machine has failed (§2.1, confirmed defects).</summary>
    [Origin(FaultOrigin.Beside, "The machine has it; the endpoint asked twice for what was refused, never five times.")]
    FailureBudget = 1 << 4,

    /// <summary>Who is in no index is ready, and the guards ask without an id (§0 line 6, §1.3 split readers and missing entry, §2.1 <c>is_connection_ready</c>).</summary>
    [Origin(FaultOrigin.Endpoint)]
    FailOpenLookup = 1 << 5,

    /// <summary>A connection is taken out of the index and put in again in two steps (§1.3 missing entry).</summary>
    [Origin(FaultOrigin.Model, "The two steps are the endpoint's, the pause between them is the model's: on one event loop nothing came between.")]
    RegistryGap = 1 << 6,

    /// <summary>The first id is the second in which the connection came, and an id that exists returns the machine that has it (§1.3 colliding ids).</summary>
    [Origin(FaultOrigin.Endpoint)]
    OneSecondIds = 1 << 7,

    /// <summary>The machines are not taken out of the index at the end (§1.2 phase 18).</summary>
    [Origin(FaultOrigin.Endpoint)]
    LeakedMachines = 1 << 8,

    /// <summary>A coordinator sleeps, says that the connection is ready without looking, and is believed (§1.2 phases 2, 13 and 15, §2.2).</summary>
    [Origin(FaultOrigin.Endpoint)]
    SleepingCoordinator = 1 << 9,

    /// <summary>The client is told that it is ready before that is decided (§0 line 5, §1.2 phase 15).</summary>
    [Origin(FaultOrigin.Endpoint)]
    WelcomeBeforeReady = 1 << 10,

    /// <summary>The phases after the accept do not wait for it (§1.2 phases 1 and 4, §3A 3).</summary>
    [Origin(FaultOrigin.Model, "The endpoint awaited its accept; one of the post-mortem's tests lets phases overlap.")]
    PhaseOverlap = 1 << 11,

    /// <summary>A breaker calls accept again when the first call takes too long (§1.2 phase 1, §2.3).</summary>
    [Origin(FaultOrigin.Endpoint)]
    RetriedAccept = 1 << 12,

    /// <summary>Bad tokens of one client open a breaker for everybody (§2.3 auth breaker).</summary>
    [Origin(FaultOrigin.Endpoint)]
    SharedBreaker = 1 << 13,

    /// <summary>No queue is there: a message is handled when it comes (§2.4 last defect of the queue).</summary>
    [Origin(FaultOrigin.Model, "The endpoint had no queue either, but it read nothing before its loop: that something early is handled at once takes the model's reader.")]
    QueueUnwired = 1 << 14,

    /// <summary>The queue's flush is called but never awaited, so that it never runs (§2.4 first defect of the queue).</summary>
    [Origin(FaultOrigin.Beside, "The queue was written and never used by the endpoint; the model uses it.")]
    QueueNeverFlushes = 1 << 15,

    /// <summary>The queue passes new messages through while the old ones are still flushed (§2.4, order; §5.3 invariant 7).</summary>
    [Origin(FaultOrigin.Beside, "The queue was written and never used by the endpoint; the model uses it.")]
    FlushRacesLive = 1 << 16,

    /// <summary>Whoever is not let in is told 1011, a fault of the server (§1.2 phase 6, §2.10 errors, §2.13).</summary>
    [Origin(FaultOrigin.Endpoint)]
    AuthenticationAs1011 = 1 << 17,

    /// <summary>Services that are not there in time are told as 1011 (§1.4 1011 closes, §2.13).</summary>
    [Origin(FaultOrigin.Endpoint)]
    ServicesAs1011 = 1 << 18,

    /// <summary>The loop polls ten times for readiness and then returns, without a close frame (§1.2 phase 17).</summary>
    [Origin(FaultOrigin.Endpoint)]
    SilentReturn = 1 << 19,

    /// <summary>What hangs is never cancelled: neither the authentication nor the services have a deadline (§2.5).</summary>
    [Origin(FaultOrigin.Endpoint)]
    HangingChecks = 1 << 20,

    /// <summary>The result of an authentication, with user and ids, is kept by environment and given to the next socket (§1.3 cached auth result).</summary>
    [Origin(FaultOrigin.Endpoint)]
    SharedAuthentication = 1 << 21,

    /// <summary>The factory makes a context of its own beside the one of the authentication (§1.2 phases 6 and 7, §3A 5).</summary>
    [Origin(FaultOrigin.Model, "One of the post-mortem's tests makes contexts at once; that the endpoint made two for one connection is not known.")]
    SecondContext = 1 << 22,

    /// <summary>A context's id is the millisecond in which it was made (§3D 18).</summary>
    [Origin(FaultOrigin.Model, "The contexts of one of the post-mortem's tests have such ids; what ids the endpoint's had is not known.")]
    MillisecondContexts = 1 << 23,

    /// <summary>Handlers are in one list for all connections, and the first serves everybody (§2.6 global router trap).</summary>
    [Origin(FaultOrigin.Endpoint)]
    SharedRouter = 1 << 24,

    /// <summary>A connection's manager is made under one key and cleaned up under another (§2.11 leak cause).</summary>
    [Origin(FaultOrigin.Endpoint)]
    LeakedManagers = 1 << 25,

    /// <summary>The reader looks whether the socket is open, and receives a moment later (§1.4 "Need to call accept", §5.2 receive after close).</summary>
    [Origin(FaultOrigin.Model, "The text is the incident's; that a receive after the close raised it is inferred. The reader beside the phases is the model's.")]
    ReceiveAfterClose = 1 << 26,

    /// <summary>A peer found dead is not pinged any more, and that is all (§2.7).</summary>
    [Origin(FaultOrigin.Endpoint)]
    DeadPeerKept = 1 << 27,

    /// <summary>A ticket is read first and deleted afterwards (§2.10 tickets).</summary>
    [Origin(FaultOrigin.Beside, "Tickets came after the incident.")]
    TicketReadThenDelete = 1 << 28,

    /// <summary>A failed handler closes with 1004, which is reserved (§2.13).</summary>
    [Origin(FaultOrigin.Beside, "The codes are in the incident's tables; whether its endpoint sent them is not known.")]
    ReservedCloseCode = 1 << 29,

    /// <summary>
    /// The endpoint's context middleware reads the HTTP session, which on the way to a WebSocket nobody has installed: it throws, and the connection is closed with 1011
    /// (§2.10 SessionMiddleware, §3C 10). Every connection, after its accept and before its authentication; without the fault the endpoint knows no HTTP session.
    /// </summary>
    [Origin(FaultOrigin.Endpoint)]
    SessionMiddleware = 1 << 30,

    /// <summary>The incident as its log shows it, with what is the model's own. Two faults would hide the rest: with <see cref="SessionMiddleware"/> no connection comes as far, and what is handled at once (<see cref="QueueUnwired"/>) is not lost in a queue.</summary>
    All = int.MaxValue & ~(QueueUnwired | SessionMiddleware),
}
