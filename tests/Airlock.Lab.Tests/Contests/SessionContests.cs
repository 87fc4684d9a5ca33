using Airlock.Core;

namespace Airlock.Lab.Tests.Contests;

/// <summary>Callers that meet at a session, at its user, and at the store.</summary>
internal static class SessionContests
{
    public static IReadOnlyList<Contest> All { get; } =
    [
        new("one-processor", "One processor at a time serves a session, and what was stored while it went to rest is handled.", OneProcessorAsync),
        new("room-for-one", "Who waits for room goes on once there is some.", RoomAsync),
        new("back-in-time", "A session that its client came back to stays; one that has ended is not given to anybody.", BackInTimeAsync),
        new("old-connection-leaves", "A connection that lets go late takes nothing from the one that came after it.", OldConnectionLeavesAsync),
        new("stop-heard", "A wish to stop is heard by the try that begins meanwhile.", StopHeardAsync),
        new("stop-before-the-run", "A wish to stop is heard though it comes while the run begins its try.", StopBeforeTheRunAsync),
        new("stored-is-told", "A client whose turn waits hears that its next message is stored.", StoredIsToldAsync),
        new("staged-or-refused", "What a turn stages while it ends is handed over or refused.", StagedOrRefusedAsync),
        new("one-id-one-turn", "Of two messages of a user with one id, in two sessions, one is handled.", OneIdAsync),
        new("sessions-of-a-user", "A user has no more sessions than may be.", SessionsOfAUserAsync),
        new("user-comes-back", "A user who comes back while the store lets go of idle ones is found.", UserComesBackAsync),
        new("sessions-of-an-address", "An address has no more sessions than may be.", SessionsOfAnAddressAsync),
        new("address-comes-back", "Sessions of an address are counted, whoever leaves meanwhile.", AddressComesBackAsync),
        new("ended-leaves-its-groups", "A session that has ended is in no group.", EndedLeavesItsGroupsAsync),
        new("joins-a-group", "Who joins a group while the last one leaves it is found there.", JoinsAGroupAsync),
        new("last-word-kept", "Of sessions that end at once, as many are remembered as may be.", LastWordKeptAsync),
    ];

    private static readonly Principal _alice = new("issuer", "alice");

    private static readonly ConnectionEnd _lost = new("c1", CloseReason.TransportLost, 1006);

    private static MemorySessionStore NewStore(Callers callers, MemorySessionStoreOptions? options = null) => new(callers.Time, new Ids(), options ?? new MemorySessionStoreOptions());

    private static async Task<AttachOutcome> AttachAsync(MemorySessionStore store, string connection, AttachOutcome? resumed = null, string user = "alice", string? address = null, Watch? watch = null, int entries = 1024) =>
        await store.AttachAsync(
            new AttachRequest
            {
                Endpoint = "/e",
                Principal = _alice with { Subject = user },
                Connection = connection,
                Address = address,
                Resume = resumed is null ? null : new ResumeRequest { Session = resumed.Log!.Id, Attempt = resumed.Attempt + 1, Received = 0 },
                Limits = new SessionLimits { OutboxEntriesMax = entries },
                Observer = watch ?? new Watch(),
            },
            CancellationToken.None);

    private static async Task AppendAsync(AttachOutcome to, long sequence, string? id = null) => await to.Log!.AppendAsync(to.Generation, sequence, id ?? $"m{sequence}", new byte[] { 1 });

    private static async Task OneProcessorAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var attached = await AttachAsync(store, "c1");
        var log = attached.Log!;
        await AppendAsync(attached, 1);
        var serving = 0;
        await callers.MeetAsync(ServeAsync, async () =>
        {
            await AppendAsync(attached, 2);
            await ServeAsync();
        });
        callers.Must(log.Positions is { Stored: 2, Done: 2 }, "Everything that is stored is handled.");

        async Task ServeAsync()
        {
            if (!await log.TryLeaseAsync())
            {
                return;
            }

            do
            {
                callers.Must(++serving == 1, "One processor serves a session.");
                while (await log.BeginTryAsync(static _ => { }) is { } turn)
                {
                    await log.CommitAsync(turn, [], stopped: false);
                }

                serving--;
            }
            while (!await log.ReleaseLeaseAsync(always: false));
        }
    }

    private static async Task RoomAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var attached = await FullAsync(store);
        await callers.MeetAsync(async () => await attached.Log!.RoomAsync(CancellationToken.None), async () => await attached.Log!.AcknowledgeAsync(attached.Generation, 1));
        ((MemorySession)attached.Log!).CheckInvariants();
    }

    private static async Task<AttachOutcome> FullAsync(MemorySessionStore store)
    {
        var attached = await AttachAsync(store, "c1", entries: 2);
        await attached.Log!.PushAsync(new byte[] { 1 });
        await attached.Log!.PushAsync(new byte[] { 2 });
        return attached;
    }

    private static async Task BackInTimeAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var first = await AttachAsync(store, "c1");
        await first.Log!.DetachAsync(first.Generation, _lost);
        AttachOutcome? second = null;
        await callers.MeetAsync(
            () =>
            {
                ((MemorySession)first.Log!).End(CloseReason.SessionEnded, onlyDetached: true);
                return Task.CompletedTask;
            },
            async () => second = await AttachAsync(store, "c2", first));
        ((MemorySession)first.Log!).CheckInvariants();
        callers.Must(await store.FindAsync(SessionTarget.OfSession(second!.Log!.Id), CancellationToken.None) is [var found] && found == second.Log, "The session that a connection was given is there.");
        callers.Must(second.IsResumed == (second.Log == first.Log) && store.Count == 1, "The other one has ended.");
    }

    private static async Task OldConnectionLeavesAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var first = await AttachAsync(store, "c1");
        var watch = new Watch();
        await callers.MeetAsync(async () => await first.Log!.DetachAsync(first.Generation, _lost), async () => await AttachAsync(store, "c2", first, watch: watch));
        ((MemorySession)first.Log!).CheckInvariants();
        await first.Log!.PushAsync(new byte[] { 1 });
        callers.Must(watch.Changes > 0, "The connection that came after is told what there is to send.");
    }

    private static async Task StopHeardAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var attached = await AttachAsync(store, "c1");
        await AppendAsync(attached, 1);
        var heard = 0;
        await callers.MeetAsync(async () => await attached.Log!.BeginTryAsync(_ => heard++), async () => await attached.Log!.StopAsync(attached.Generation, 1));
        callers.Must(heard > 0, "The try hears that it is to stop.");
    }

    private static async Task StopBeforeTheRunAsync(Callers callers)
    {
        using var store = NewStore(callers);
        using var server = new AirlockServer(callers.Time, new Ids(), store);
        var attached = await AttachAsync(store, "c1");
        await AppendAsync(attached, 1);
        var run = NewLoop(server, attached);
        CancellationToken stop = default;
        await callers.MeetAsync(
            async () => stop = run.Begin((await attached.Log!.BeginTryAsync(run.StopAsked))!),
            async () => await attached.Log!.StopAsync(attached.Generation, 1));
        await Task.Delay(TimeSpan.FromSeconds(1), callers.Time);
        callers.Must(stop.IsCancellationRequested, "The handler hears that it is to stop.");
    }

    private static async Task StoredIsToldAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var watch = new Watch();
        var attached = await AttachAsync(store, "c1", watch: watch);
        watch.Log = attached.Log;
        await AppendAsync(attached, 1);
        await attached.Log!.BeginTryAsync(static _ => { });
        await callers.MeetAsync(
            () =>
            {
                attached.Log!.Announce(turnWaits: true);
                return Task.CompletedTask;
            },
            async () => await AppendAsync(attached, 2));
        callers.Must(watch.Stored == 2, "The client hears that both are stored.");
    }

    private static async Task StagedOrRefusedAsync(Callers callers)
    {
        using var store = NewStore(callers);
        using var server = new AirlockServer(callers.Time, new Ids(), store);
        var attached = await AttachAsync(store, "c1");
        await AppendAsync(attached, 1);
        var run = NewLoop(server, attached);
        var @try = await attached.Log!.BeginTryAsync(run.StopAsked);
        var turn = new Turn(ApplicationJson.By(null), 1024, isPlain: false, NewCalls(server), run, @try!, run.Begin(@try!));
        var (staged, handed) = (0, -1);
        await callers.MeetAsync(
            () =>
            {
                handed = turn.Finish().Count;
                return Task.CompletedTask;
            },
            async () =>
            {
                try
                {
                    await turn.SendRawAsync("1"u8.ToArray());
                    staged = 1;
                }
                catch (InvalidOperationException)
                {
                    // The turn is over: it was told so.
                }
            });
        callers.Must(staged == handed, "What was taken is handed over.");
    }

    private static TurnLoop NewLoop(AirlockServer server, AttachOutcome attached) =>
        new(server.AddEndpoint("/e", new EndpointOptions(), static (_, _, _, _) => throw new InvalidOperationException(), static (_, _) => Task.CompletedTask).Scope, NewCalls(server), attached.Log!);

    private static StoreCalls NewCalls(AirlockServer server) => new(server.Scope, TimeSpan.FromSeconds(10));

    private static async Task OneIdAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var (first, second) = (await AttachAsync(store, "c1"), await AttachAsync(store, "c2"));
        await AppendAsync(first, 1, "m");
        await AppendAsync(second, 1, "m");
        var turns = 0;
        await callers.MeetAsync(() => BeginAsync(first), () => BeginAsync(second));
        callers.Must(turns == 1, "One of them is handled.");

        async Task BeginAsync(AttachOutcome of)
        {
            if (await of.Log!.BeginTryAsync(static _ => { }) is not null)
            {
                turns++;
            }
        }
    }

    private static async Task SessionsOfAUserAsync(Callers callers)
    {
        using var store = NewStore(callers, new MemorySessionStoreOptions { SessionsPerUserMax = 1 });
        await callers.MeetAsync(() => AttachAsync(store, "c1"), () => AttachAsync(store, "c2"));
        callers.Must(store.Count == 1 && store.Census.Live == 1, "One session is there, and one was refused.");
    }

    private static async Task UserComesBackAsync(Callers callers)
    {
        // Of more idle users than may be remembered the longest idle one goes: alice, when bob has left and carol comes.
        using var store = NewStore(callers, new MemorySessionStoreOptions { TombstonesMax = 1 });
        var (alice, bob) = (await AttachAsync(store, "c1"), await AttachAsync(store, "c2", user: "bob"));
        await alice.Log!.EndAsync(CloseReason.SessionEnded);
        await callers.MeetAsync(() => AttachAsync(store, "c3"), async () =>
        {
            await bob.Log!.EndAsync(CloseReason.SessionEnded);
            await AttachAsync(store, "c4", user: "carol");
        });
        foreach (var user in (string[])["alice", "carol"])
        {
            callers.Must((await store.FindAsync(SessionTarget.OfUser("issuer", user), CancellationToken.None)).Count == 1, "Who has a session is found by its name.");
        }
    }

    private static async Task SessionsOfAnAddressAsync(Callers callers)
    {
        using var store = NewStore(callers, new MemorySessionStoreOptions { SessionsPerAddressMax = 1 });
        await callers.MeetAsync(() => AttachAsync(store, "c1", address: "10.0.0.1"), () => AttachAsync(store, "c2", user: "bob", address: "10.0.0.1"));
        callers.Must(store.Count == 1, "One session is there, and one was refused.");
    }

    private static async Task AddressComesBackAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var first = await AttachAsync(store, "c1", address: "10.0.0.1");
        AttachOutcome? second = null;
        await callers.MeetAsync(async () => await first.Log!.EndAsync(CloseReason.SessionEnded), async () => second = await AttachAsync(store, "c2", user: "bob", address: "10.0.0.1"));
        callers.Must(store.Addresses.Count == 1, "The address has a session.");
        await second!.Log!.EndAsync(CloseReason.SessionEnded);
        callers.Must(store.Addresses.Count == 0, "The address has none any more.");
    }

    private static async Task EndedLeavesItsGroupsAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var attached = await AttachAsync(store, "c1");
        await callers.MeetAsync(async () => await store.SetGroupAsync(attached.Log!.Id, "g", member: true, CancellationToken.None), async () => await attached.Log!.EndAsync(CloseReason.SessionEnded));
        callers.Must((await store.FindAsync(SessionTarget.OfGroup("g"), CancellationToken.None)).Count == 0, "It is in no group.");
    }

    private static async Task JoinsAGroupAsync(Callers callers)
    {
        using var store = NewStore(callers);
        var (first, second) = (await AttachAsync(store, "c1"), await AttachAsync(store, "c2"));
        await store.SetGroupAsync(first.Log!.Id, "g", member: true, CancellationToken.None);
        await callers.MeetAsync(async () => await store.SetGroupAsync(second.Log!.Id, "g", member: true, CancellationToken.None), async () => await first.Log!.EndAsync(CloseReason.SessionEnded));
        callers.Must(await store.FindAsync(SessionTarget.OfGroup("g"), CancellationToken.None) is [var member] && member == second.Log, "Who joined is in the group, alone.");
    }

    private static async Task LastWordKeptAsync(Callers callers)
    {
        using var store = NewStore(callers, new MemorySessionStoreOptions { TombstonesMax = 1 });
        var (first, second) = (await AttachAsync(store, "c1"), await AttachAsync(store, "c2"));
        await first.Log!.PushAsync(new byte[] { 1 });
        await second.Log!.PushAsync(new byte[] { 1 });
        await callers.MeetAsync(async () => await first.Log!.EndAsync(CloseReason.SessionEnded), async () => await second.Log!.EndAsync(CloseReason.SessionEnded));
        var known = 0;
        foreach (var ended in (AttachOutcome[])[first, second])
        {
            known += (await AttachAsync(store, $"again {ended.Log!.Id}", ended)).Lost is [{ To: not null }] ? 1 : 0;
        }

        callers.Must(known == 1, "What is lost of one of them is known.");
    }

    /// <summary>Ids in their order.</summary>
    internal sealed class Ids : Entropy
    {
        private byte _next;

        public override void Fill(Span<byte> bytes)
        {
            bytes.Clear();
            bytes[0] = _next++;
        }
    }

    private sealed class Watch : ISessionObserver
    {
        public ISessionLog? Log { get; set; }

        public int Changes { get; private set; }

        public long Stored { get; private set; }

        public void OnChanged()
        {
            Changes++;
            // As a writer does that composes its message now.
            Stored = Log?.Positions.Stored ?? 0;
        }

        public void OnRevoked(CloseReason reason, TimeSpan? retryAfter)
        {
        }
    }
}
