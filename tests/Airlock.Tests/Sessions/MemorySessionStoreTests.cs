using System.Text;
using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Tests.Sessions;

public sealed class MemorySessionStoreTests
{
    private readonly FakeTimeProvider _time = new();

    private MemorySessionStore NewStore(MemorySessionStoreOptions? options = null) => new(_time, new SeededEntropy(1), options ?? new MemorySessionStoreOptions());

    private static async Task<AttachOutcome> AttachAsync(MemorySessionStore store, string connection, ResumeRequest? resume = null, string user = "alice", Watch? watch = null, string? address = null, string? instance = "i", string endpoint = "/e") =>
        await store.AttachAsync(
            new AttachRequest { Endpoint = endpoint, Principal = TestServer.UserOf(user), Connection = connection, Address = address, Instance = instance, Resume = resume, Limits = new SessionLimits(), Observer = watch ?? new Watch() },
            CancellationToken.None);

    private static ResumeRequest Resume(AttachOutcome of, long received = 0, long? attempt = null) => new() { Session = of.Log!.Id, Attempt = attempt ?? (of.Attempt + 1), Received = received };

    private static ValueTask DetachAsync(AttachOutcome of, string connection = "c") => of.Log!.DetachAsync(of.Generation, new ConnectionEnd(connection, CloseReason.TransportLost, 1006));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private sealed class Watch : ISessionObserver
    {
        public List<CloseReason> Revoked { get; } = [];

        public int Changes { get; private set; }

        public void OnChanged() => Changes++;

        public void OnRevoked(CloseReason reason, TimeSpan? retryAfter) => Revoked.Add(reason);
    }

    [Fact]
    public async Task A_detached_session_waits_for_its_client_and_then_ends()
    {
        using var store = NewStore();
        var first = await AttachAsync(store, "c1");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, store.Count);
        await DetachAsync(first);
        _time.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromMilliseconds(1));
        var second = await AttachAsync(store, "c2", Resume(first));
        Assert.Equal((true, 2L), (second.IsResumed, second.Generation));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, store.Count);
        await DetachAsync(second);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public async Task A_client_that_never_heard_its_sessions_name_finds_the_newest_that_it_made()
    {
        using var store = NewStore();
        var nameless = new ResumeRequest { Session = null, Attempt = 2, Received = 0 };
        await AttachAsync(store, "c1");
        var second = await AttachAsync(store, "c2");
        Assert.Equal((true, second.Log!.Id, 2L), await Found("c3", nameless));
        Assert.Equal(CloseReason.StaleAttempt, (await AttachAsync(store, "c4", nameless)).Refused);
        Assert.Equal((true, second.Log!.Id, 3L), await Found("c4", nameless with { Attempt = 3 }));

        async Task<(bool, string, long)> Found(string connection, ResumeRequest resume)
        {
            var outcome = await AttachAsync(store, connection, resume);
            return (outcome.IsResumed, outcome.Log!.Id, outcome.Generation);
        }
    }

    [Fact]
    public async Task The_ids_of_an_hour_are_remembered_and_at_most_the_newest_65_536_of_a_user()
    {
        using var store = NewStore();
        var one = await AttachAsync(store, "c1");
        await HandleAsync(one, 1, 4200);
        var two = await AttachAsync(store, "c2");
        Assert.Equal("duplicate", await RefusedAsync(two, 1, "id1"));
        await HandleAsync(one, 4201, 65_537);
        // The first is older than the newest 65,536.
        Assert.Null(await RefusedAsync(two, 2, "id1"));
        _time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        Assert.Null(await RefusedAsync(two, 3, "id65537"));

        async Task HandleAsync(AttachOutcome of, int from, int to)
        {
            for (var s = from; s <= to; s++)
            {
                await of.Log!.AppendAsync(of.Generation, s, $"id{s}", Bytes("1"));
                await of.Log.CommitAsync((await of.Log.BeginTryAsync(static _ => { }))!, [], stopped: false);
            }
        }

        async Task<string?> RefusedAsync(AttachOutcome of, int sequence, string id)
        {
            await of.Log!.AppendAsync(of.Generation, sequence, id, Bytes("1"));
            var appended = of.Log.Positions.Appended;
            if (await of.Log.BeginTryAsync(static _ => { }) is { } turn)
            {
                await of.Log.CommitAsync(turn, [], stopped: false);
            }

            return of.Log.After(appended)?.Cause;
        }
    }

    [Theory]
    [InlineData("bob", "i")]
    [InlineData("alice", "another")]
    [InlineData("alice", null)]
    public async Task Nobody_else_finds_a_session_by_its_instance(string user, string? instance)
    {
        using var store = NewStore();
        var first = await AttachAsync(store, "c1");
        var second = await AttachAsync(store, "c2", new ResumeRequest { Session = null, Attempt = 2, Received = 3 }, user, instance: instance);
        Assert.False(second.IsResumed);
        Assert.NotEqual(first.Log!.Id, second.Log!.Id);
        Assert.Equal([new LostRange(Direction.Down, 4, null)], second.Lost!);
    }

    [Fact]
    public async Task The_highest_attempt_leaves_a_session_resumable()
    {
        using var store = NewStore();
        var first = await AttachAsync(store, "c1");
        Assert.True((await AttachAsync(store, "c2", Resume(first, attempt: WireLimits.SequenceMax))).IsResumed);
        Assert.Equal(CloseReason.StaleAttempt, (await AttachAsync(store, "c3", Resume(first, attempt: WireLimits.SequenceMax - 1))).Refused);
        var last = await AttachAsync(store, "c4", Resume(first, attempt: WireLimits.SequenceMax));
        Assert.Equal((true, 3L), (last.IsResumed, last.Generation));
    }

    [Fact]
    public async Task An_ended_session_tells_what_is_lost_for_an_hour()
    {
        using var store = NewStore();
        var first = await AttachAsync(store, "c1");
        await first.Log!.AppendAsync(1, 1, "a", Bytes("1"));
        await first.Log.PushAsync(Bytes("1"));
        await first.Log.PushAsync(Bytes("2"));
        await DetachAsync(first);
        _time.Advance(TimeSpan.FromMinutes(2));
        var second = await AttachAsync(store, "c2", Resume(first, received: 1));
        Assert.False(second.IsResumed);
        Assert.NotEqual(first.Log.Id, second.Log!.Id);
        Assert.Equal([new LostRange(Direction.Down, 2, 2), new LostRange(Direction.Up, 1, 1)], second.Lost);
        Assert.Equal([new LostRange(Direction.Down, 2, null)], (await AttachAsync(store, "c3", Resume(first, received: 1), user: "bob")).Lost);
        _time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMilliseconds(1));
        Assert.Equal([new LostRange(Direction.Down, 2, null)], (await AttachAsync(store, "c4", Resume(first, received: 1))).Lost);
    }

    [Fact]
    public async Task Somebody_elses_session_looks_like_one_that_never_was()
    {
        using var store = NewStore();
        var hers = await AttachAsync(store, "c1");
        await hers.Log!.PushAsync(Bytes("1"));
        var his = await AttachAsync(store, "c2", Resume(hers), user: "bob");
        var none = await AttachAsync(store, "c3", new ResumeRequest { Session = "s_none", Attempt = 2, Received = 0 }, user: "bob");
        Assert.Equal(none with { Log = null, Generation = 1, Lost = null }, his with { Log = null, Generation = 1, Lost = null });
        Assert.Equal(none.Lost, his.Lost);
        Assert.Equal(1, hers.Log.Positions.Appended);
        Assert.True((await AttachAsync(store, "c4", Resume(hers))).IsResumed);
    }

    [Fact]
    public async Task A_newer_attempt_supersedes_and_a_stale_one_is_refused()
    {
        using var store = NewStore();
        var watch = new Watch();
        var first = await AttachAsync(store, "c1", watch: watch);
        var second = await AttachAsync(store, "c2", Resume(first, attempt: 5));
        Assert.Equal([CloseReason.Superseded], watch.Revoked);
        Assert.Equal(new ConnectionEnd("c1", CloseReason.Superseded, 4031), second.Previous);
        Assert.Equal(AppendVerdict.Fenced, await first.Log!.AppendAsync(first.Generation, 1, "a", Bytes("1")));
        Assert.Equal(CloseReason.StaleAttempt, (await AttachAsync(store, "c3", Resume(first, attempt: 5))).Refused);
        // The late farewell of the first has no say.
        await DetachAsync(first);
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(1, store.Count);
        // The same connection again gets the same answer.
        Assert.Equal(second, await AttachAsync(store, "c2", Resume(first, attempt: 5)));
    }

    [Fact]
    public async Task A_position_outside_the_log_is_refused_or_starts_anew()
    {
        using var store = NewStore();
        var first = await AttachAsync(store, "c1");
        await first.Log!.PushAsync(Bytes("1"));
        await first.Log.PushAsync(Bytes("2"));
        Assert.Equal(CloseReason.ResumeInvalid, (await AttachAsync(store, "c2", Resume(first, received: 3))).Refused);
        await first.Log.AcknowledgeAsync(1, 1);
        var anew = await AttachAsync(store, "c3", Resume(first, received: 0));
        Assert.Equal((false, 1L), (anew.IsResumed, anew.Generation));
        Assert.Equal([new LostRange(Direction.Down, 1, 2)], anew.Lost);
        Assert.Equal(1, store.Count);
    }

    [Fact]
    public async Task The_session_detached_longest_makes_room()
    {
        using var store = NewStore(new MemorySessionStoreOptions { SessionsPerUserMax = 2 });
        var watch = new Watch();
        var first = await AttachAsync(store, "c1", watch: watch);
        var second = await AttachAsync(store, "c2");
        Assert.Equal(CloseReason.SessionLimit, (await AttachAsync(store, "c3")).Refused);
        Assert.Null((await AttachAsync(store, "other", user: "bob")).Refused);
        await DetachAsync(second);
        _time.Advance(TimeSpan.FromSeconds(1));
        await DetachAsync(first);
        var third = await AttachAsync(store, "c3");
        Assert.Null(third.Refused);
        Assert.False((await AttachAsync(store, "c4", Resume(second))).IsResumed);
        Assert.Equal(3, store.Count);
        Assert.Empty(watch.Revoked);
    }

    [Fact]
    public async Task At_an_address_the_session_detached_longest_makes_room_whoever_it_belongs_to()
    {
        using var store = NewStore(new MemorySessionStoreOptions { SessionsPerAddressMax = 3 });
        var watch = new Watch();
        var attached = await AttachAsync(store, "c0", user: "u0", watch: watch, address: "a");
        var first = await AttachAsync(store, "c1", user: "u1", address: "a");
        var second = await AttachAsync(store, "c2", user: "u2", address: "a");
        Assert.Equal(CloseReason.SessionLimit, (await AttachAsync(store, "c3", user: "u3", address: "a")).Refused);

        // Another address has room of its own, and where none is known there is no limit.
        Assert.Null((await AttachAsync(store, "c4", user: "u4", address: "b")).Refused);
        for (var i = 0; i < 5; i++)
        {
            Assert.Null((await AttachAsync(store, $"n{i}", user: $"n{i}")).Refused);
        }

        // Detached in this order: first, second, and then the first once more.
        await DetachAsync(first);
        await DetachAsync(second);
        first = await AttachAsync(store, "c5", Resume(first), user: "u1", address: "b");
        await DetachAsync(first);
        Assert.Null((await AttachAsync(store, "c6", user: "u6", address: "a")).Refused);
        Assert.False((await AttachAsync(store, "c7", Resume(second), user: "u2", address: "b")).IsResumed);

        // Resumed from elsewhere it still counts where it began.
        Assert.Null((await AttachAsync(store, "c8", user: "u8", address: "a")).Refused);
        Assert.False((await AttachAsync(store, "c9", Resume(first), user: "u1", address: "b")).IsResumed);
        Assert.Equal(CloseReason.SessionLimit, (await AttachAsync(store, "c10", user: "u10", address: "a")).Refused);
        Assert.Empty(watch.Revoked);
        Assert.Equal(0, attached.Log!.Positions.Stored);
    }

    [Fact]
    public async Task A_user_at_its_limit_makes_room_of_its_own_before_that_of_its_address()
    {
        using var store = NewStore(new MemorySessionStoreOptions { SessionsPerUserMax = 1, SessionsPerAddressMax = 2 });
        var others = await AttachAsync(store, "c1", user: "bob", address: "a");
        await DetachAsync(others);
        var own = await AttachAsync(store, "c2", address: "a");
        await DetachAsync(own);
        Assert.Null((await AttachAsync(store, "c3", address: "a")).Refused);
        Assert.True((await AttachAsync(store, "c4", Resume(others), user: "bob", address: "a")).IsResumed);
    }

    [Fact]
    public async Task An_address_is_forgotten_with_its_last_session()
    {
        using var store = NewStore();
        for (var i = 0; i < 10; i++)
        {
            var session = await AttachAsync(store, $"c{i}", user: $"user{i}", address: $"a{i % 5}");
            if (i < 8)
            {
                await DetachAsync(session);
            }
        }

        Assert.Equal(5, store.Addresses.Count);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((2, 2), (store.Count, store.Addresses.Count));
    }

    [Fact]
    public async Task An_id_is_handled_once_across_sessions()
    {
        using var store = NewStore();
        var first = await AttachAsync(store, "c1");
        await first.Log!.AppendAsync(1, 1, "a", Bytes("1"));
        await first.Log.AppendAsync(1, 2, "b", Bytes("2"));
        Assert.True(await first.Log.TryLeaseAsync());
        var turn = await first.Log.BeginTryAsync(static _ => { });
        await first.Log.CommitAsync(turn!, [], stopped: false);
        Assert.NotNull(await first.Log.BeginTryAsync(static _ => { }));

        // Done there; being handled there.
        var second = await AttachAsync(store, "c2");
        await second.Log!.AppendAsync(1, 1, "a", Bytes("1"));
        await second.Log.AppendAsync(1, 2, "b", Bytes("2"));
        Assert.Null(await second.Log.BeginTryAsync(static _ => { }));
        Assert.Equal(("duplicate", "done"), (second.Log.After(0)!.Cause, second.Log.After(0)!.Status));
        Assert.Equal(("duplicate", "pending"), (second.Log.After(1)!.Cause, second.Log.After(1)!.Status));

        // Another user's ids are others.
        var bob = await AttachAsync(store, "c3", user: "bob");
        await bob.Log!.AppendAsync(1, 1, "a", Bytes("1"));
        Assert.NotNull(await bob.Log.BeginTryAsync(static _ => { }));

        // The session ended without finishing: the claim passes on.
        await first.Log.EndAsync(CloseReason.SessionEnded);
        await second.Log.AppendAsync(1, 3, "b", Bytes("2"));
        Assert.Equal(3, (await second.Log.BeginTryAsync(static _ => { }))!.Message.Sequence);
    }

    [Fact]
    public async Task Two_endpoints_keep_the_ids_of_one_user_apart()
    {
        using var store = NewStore();
        Assert.True(await IsHandledAsync("c1", "/e"));
        Assert.True(await IsHandledAsync("c2", "/f"));
        // At each it is known from now on.
        Assert.False(await IsHandledAsync("c3", "/e"));
        Assert.False(await IsHandledAsync("c4", "/f"));

        async Task<bool> IsHandledAsync(string connection, string endpoint)
        {
            var session = (await AttachAsync(store, connection, endpoint: endpoint)).Log!;
            await session.AppendAsync(1, 1, "a", Bytes("1"));
            if (await session.BeginTryAsync(static _ => { }) is not { } turn)
            {
                Assert.Equal(("duplicate", "done"), (session.After(0)!.Cause, session.After(0)!.Status));
                return false;
            }

            await session.CommitAsync(turn, [], stopped: false);
            return true;
        }
    }

    [Fact]
    public async Task Ids_are_forgotten_after_an_hour_and_beyond_their_number()
    {
        using var store = NewStore(new MemorySessionStoreOptions { IdsPerUserMax = 2 });
        var session = (await AttachAsync(store, "c1")).Log!;
        async Task<bool> IsHandledAsync(long s, string id)
        {
            await session.AppendAsync(1, s, id, Bytes("1"));
            if (await session.BeginTryAsync(static _ => { }) is not { } turn)
            {
                return false;
            }

            await session.CommitAsync(turn, [], stopped: false);
            return true;
        }

        Assert.True(await IsHandledAsync(1, "a"));
        Assert.False(await IsHandledAsync(2, "a"));
        _time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMilliseconds(1));
        Assert.True(await IsHandledAsync(3, "a"));
        Assert.True(await IsHandledAsync(4, "b"));
        Assert.True(await IsHandledAsync(5, "c"));
        Assert.True(await IsHandledAsync(6, "a"));
    }

    [Fact]
    public async Task An_ended_session_is_let_go_of_though_its_message_ids_are_remembered()
    {
        using var store = NewStore();
        var kept = await EndedAsync(store);
        GC.Collect();
        Assert.False(kept.IsAlive);
        var session = (await AttachAsync(store, "c2")).Log!;
        await session.AppendAsync(1, 1, "a", Bytes("1"));
        Assert.Null(await session.BeginTryAsync(static _ => { }));

        static async Task<WeakReference> EndedAsync(MemorySessionStore store)
        {
            var session = (await AttachAsync(store, "c1")).Log!;
            await session.AppendAsync(1, 1, "a", Bytes("1"));
            await session.CommitAsync((await session.BeginTryAsync(static _ => { }))!, [], stopped: false);
            // What its client never acknowledged.
            var unread = new byte[100_000];
            await session.PushAsync(unread);
            await session.EndAsync(CloseReason.SessionEnded);
            return new WeakReference(unread);
        }
    }

    [Fact]
    public async Task Ended_sessions_and_idle_users_are_bounded()
    {
        using var store = NewStore(new MemorySessionStoreOptions { TombstonesMax = 3 });
        var ended = new List<AttachOutcome>();
        for (var i = 0; i < 10; i++)
        {
            ended.Add(await AttachAsync(store, $"c{i}", user: $"user{i}"));
            await ended[i].Log!.PushAsync(Bytes("1"));
            await ended[i].Log!.EndAsync(CloseReason.SessionEnded);
        }

        Assert.Null((await AttachAsync(store, "x", Resume(ended[6]), user: "user6")).Lost![0].To);
        Assert.Equal(1, (await AttachAsync(store, "y", Resume(ended[7]), user: "user7")).Lost![0].To);
        Assert.InRange(store.UserCount, 3, 5);
    }

    [Fact]
    public async Task A_stop_that_was_asked_before_the_try_begins_is_told_at_once()
    {
        using var store = NewStore();
        var session = await AttachAsync(store, "c1");
        await session.Log!.AppendAsync(1, 1, "a", Bytes("1"));
        await session.Log.StopAsync(1, 1);
        var stops = 0;
        Assert.True((await session.Log.BeginTryAsync(_ => stops++))!.Message.StopAsked);
        await session.Log.StopAsync(1, 1);
        await session.Log.EndAsync(CloseReason.SessionEnded);
        Assert.Equal(1, stops);
    }

    [Fact]
    public async Task A_lease_is_not_given_back_while_a_message_waits()
    {
        using var store = NewStore();
        var session = (await AttachAsync(store, "c1")).Log!;
        Assert.True(await session.TryLeaseAsync());
        Assert.False(await session.TryLeaseAsync());
        Assert.Null(await session.BeginTryAsync(static _ => { }));
        // It is stored after the holder looked, and whoever stored it found the lease taken.
        await session.AppendAsync(1, 1, "a", Bytes("1"));
        Assert.False(await session.ReleaseLeaseAsync(always: false));
        var turn = await session.BeginTryAsync(static _ => { });
        await session.CommitAsync(turn!, [], stopped: false);
        Assert.True(await session.ReleaseLeaseAsync(always: false));
        Assert.True(await session.TryLeaseAsync());
        Assert.True(await session.ReleaseLeaseAsync(always: true));
        await session.EndAsync(CloseReason.SessionEnded);
        Assert.False(await session.TryLeaseAsync());
    }

    [Fact]
    public async Task Users_whose_names_hold_line_breaks_are_not_mixed_up()
    {
        Assert.NotEqual(new Principal("a\nb", "c").Key, new Principal("a", "b\nc").Key);
        using var store = NewStore();
        await AttachAsync(store, "c1");
        Assert.Single(await store.FindAsync(SessionTarget.OfUser("test", "alice"), TestContext.Current.CancellationToken));
        Assert.Empty(await store.FindAsync(SessionTarget.OfUser("test", "bob"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(0.5, 16, 1, 3600, 1, 1)]
    [InlineData(1, 0, 1, 3600, 1, 1)]
    [InlineData(1, 16, 0, 3600, 1, 1)]
    [InlineData(1, 16, 1, 0.5, 1, 1)]
    [InlineData(1, 16, 1, 3600, -1, 1)]
    [InlineData(1, 16, 1, 3600, 1, 0)]
    public void Options_out_of_range_are_refused(double resume, int sessions, int address, double memory, int tombstones, int ids) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => NewStore(new MemorySessionStoreOptions
        {
            ResumeTimeout = TimeSpan.FromSeconds(resume),
            SessionsPerUserMax = sessions,
            SessionsPerAddressMax = address,
            MemoryLifetime = TimeSpan.FromSeconds(memory),
            TombstonesMax = tombstones,
            IdsPerUserMax = ids,
        }));
}
