using System.Globalization;
using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Tests.Sessions;

/// <summary>The store beside plain lists, while users come, go, come back, stay away, and the clock moves.</summary>
public sealed class MemorySessionStoreModelTests
{
    private const int Runs = 200;
    private const int Steps = 150;

    [Fact]
    public async Task Whatever_users_do_and_however_late_the_store_knows_who_is_there()
    {
        // AIRLOCK_SEED=… runs that one history alone.
        var isGiven = int.TryParse(Environment.GetEnvironmentVariable("AIRLOCK_SEED"), CultureInfo.InvariantCulture, out var given);
        var first = isGiven ? given : Random.Shared.Next(1_000_000_000);
        TestContext.Current.TestOutputHelper!.WriteLine($"{(isGiven ? 1 : Runs)} histories from AIRLOCK_SEED={first} on");
        for (var seed = first; seed < first + (isGiven ? 1 : Runs); seed++)
        {
            using var history = new History(seed);
            try
            {
                for (var step = 0; step < Steps; step++)
                {
                    await history.StepAsync();
                }

                await history.EndAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Fails with AIRLOCK_SEED={seed}: {e.Message}\n{string.Join('\n', history.Story)}", e);
            }
        }
    }

    /// <summary>A session as the model knows it.</summary>
    private sealed class Known(ISessionLog log, string user, string endpoint, string? address)
    {
        public ISessionLog Log => log;

        public string User => user;

        public string Endpoint => endpoint;

        public string? Address => address;

        /// <summary>The connection that it was given to last.</summary>
        public string Connection { get; set; } = "";

        public long Generation { get; set; } = 1;

        public long Attempt { get; set; } = 1;

        /// <summary>Since when no connection serves it; null while one does.</summary>
        public TimeSpan? DetachedAt { get; set; }

        /// <summary>Which detaching of all it was.</summary>
        public int Detaching { get; set; }

        public bool HasEnded { get; set; }

        public HashSet<string> Groups { get; } = [];

        public override string ToString() => $"{log.Id[..6]} of {user} at {endpoint}";
    }

    private sealed class History : IDisposable
    {
        private static readonly string[] _users = ["alice", "bob", "carol"];
        private static readonly string[] _endpoints = ["/chat", "/news"];
        private static readonly string?[] _addresses = ["a", "b", null];
        private static readonly string[] _groups = ["red", "blue"];
        private static readonly MemorySessionStoreOptions _options = new() { ResumeTimeout = TimeSpan.FromSeconds(60), SessionsPerUserMax = 3, SessionsPerAddressMax = 2, MemoryLifetime = TimeSpan.FromMinutes(10) };

        private readonly Random _random;
        private readonly FakeTimeProvider _time = new();
        private readonly MemorySessionStore _store;
        private readonly List<Known> _sessions = [];

        /// <summary>The users that the store remembers, and since when each has no session; null while it has one.</summary>
        private readonly Dictionary<(string Endpoint, string User), TimeSpan?> _remembered = [];

        private TimeSpan _now;
        private int _connections;
        private int _detachings;

        public History(int seed)
        {
            _random = new Random(seed);
            _store = new MemorySessionStore(_time, new SeededEntropy(seed), _options);
        }

        /// <summary>What happened, for a person.</summary>
        public List<string> Story { get; } = [];

        private IEnumerable<Known> Live => _sessions.Where(static s => !s.HasEnded);

        public void Dispose() => _store.Dispose();

        public async Task StepAsync()
        {
            var known = _sessions.Count == 0 ? null : _sessions[_random.Next(_sessions.Count)];
            switch (_random.Next(12))
            {
                case 0 or 1:
                    await AttachAsync(One(_users), One(_endpoints), null);
                    break;
                case 2 or 3 or 4 when known is not null:
                    // Mostly whose it is and where it is; what is somebody else's, or elsewhere, is not there.
                    await AttachAsync(_random.Next(6) == 0 ? One(_users) : known.User, _random.Next(6) == 0 ? One(_endpoints) : known.Endpoint, known);
                    break;
                case 5 or 6 or 7 when known is not null:
                    await DetachAsync(known, known.Generation - (_random.Next(5) == 0 ? 1 : 0));
                    break;
                case 8 when known is not null:
                    Story.Add($"{_now} {known} is ended");
                    await known.Log.EndAsync(CloseReason.SessionEnded);
                    End(known);
                    break;
                case 9 when known is not null:
                    await SetGroupAsync(known, One(_groups), _random.Next(3) > 0);
                    break;
                default:
                    Pass(_random.Next(15) == 0 ? TimeSpan.FromMinutes(_random.Next(5, 15)) : TimeSpan.FromSeconds(_random.Next(40)));
                    break;
            }

            await CompareAsync();
        }

        /// <summary>Everybody leaves, and nobody comes back: nothing stays but what is remembered of users, and that goes when the next one comes after its time.</summary>
        public async Task EndAsync()
        {
            foreach (var session in Live.ToList())
            {
                await DetachAsync(session, session.Generation);
            }

            Pass(_options.ResumeTimeout);
            await CompareAsync();
            Assert.Equal((0, 0L, 0), (_store.Count, LeftOvers.AlarmsOf(_store), _store.Addresses.Count));
            Pass(_options.MemoryLifetime + TimeSpan.FromSeconds(1));
            await AttachAsync("dave", "/chat", null);
            Assert.Equal(1, _store.UserCount);
            await CompareAsync();
        }

        private T One<T>(T[] of) => of[_random.Next(of.Length)];

        private async Task AttachAsync(string user, string endpoint, Known? resumed)
        {
            // Now and then the same connection asks twice: its first answer was lost.
            var repeated = Live.LastOrDefault(s => s.DetachedAt is null && s.User == user && s.Endpoint == endpoint);
            var connection = resumed is null && repeated is not null && _random.Next(8) == 0 ? repeated.Connection : $"c{++_connections}";
            var attempt = (resumed?.Attempt ?? 0) + _random.Next(5) switch { 0 => 0, 1 => 3, _ => 1 };
            var address = One(_addresses);
            Story.Add($"{_now} {user} attaches {connection} at {endpoint} from {address ?? "nowhere"}{(resumed is null ? "" : $" to {resumed}, attempt {attempt}")}");
            var outcome = await _store.AttachAsync(
                new AttachRequest
                {
                    Endpoint = endpoint,
                    Principal = TestServer.UserOf(user),
                    Connection = connection,
                    Address = address,
                    Resume = resumed is null ? null : new ResumeRequest { Session = resumed.Log.Id, Attempt = attempt, Received = 0 },
                    Limits = new SessionLimits(),
                    Observer = new Nobody(),
                },
                CancellationToken.None);

            if (resumed is { HasEnded: false } && resumed.User == user && resumed.Endpoint == endpoint)
            {
                if (attempt <= resumed.Attempt)
                {
                    Assert.Equal(CloseReason.StaleAttempt, outcome.Refused);
                    return;
                }

                (resumed.Generation, resumed.Attempt, resumed.Connection, resumed.DetachedAt) = (resumed.Generation + 1, attempt, connection, null);
                Assert.Equal((true, resumed.Log.Id, resumed.Generation, resumed.Attempt), (outcome.IsResumed, outcome.Log?.Id, outcome.Generation, outcome.Attempt));
                return;
            }

            ForgetUsers();
            if (connection == repeated?.Connection)
            {
                Assert.Equal((false, repeated.Log.Id, repeated.Generation), (outcome.IsResumed, outcome.Log?.Id, outcome.Generation));
                return;
            }

            if (!MakeRoom(user, endpoint, address))
            {
                Assert.Equal((CloseReason.SessionLimit, null), (outcome.Refused, outcome.Log));
                _remembered.TryAdd((endpoint, user), _now);
                return;
            }

            Assert.False(outcome.IsResumed);
            Assert.DoesNotContain(_sessions, s => s.Log.Id == outcome.Log!.Id);
            _sessions.Add(new Known(outcome.Log!, user, endpoint, address) { Connection = connection, Attempt = resumed is null ? 1 : attempt });
            _remembered[(endpoint, user)] = null;
        }

        /// <summary>Whether there is room for one more; the detached ones that make it end, the longest first, and the user's own before anybody's at the address.</summary>
        private bool MakeRoom(string user, string endpoint, string? address)
        {
            while (true)
            {
                var own = Live.Where(s => s.User == user && s.Endpoint == endpoint).ToList();
                var there = address is null ? [] : Live.Where(s => s.Address == address && s.Endpoint == endpoint).ToList();
                var full = own.Count >= _options.SessionsPerUserMax ? own : there.Count >= _options.SessionsPerAddressMax ? there : null;
                if (full is null)
                {
                    return true;
                }

                // Of those that left at one instant: a user's in the order in which they began, an address's in the order in which they left.
                if (Detached(full).ThenBy(s => full == there ? s.Detaching : 0).FirstOrDefault() is not { } oldest)
                {
                    return false;
                }

                End(oldest);
            }
        }

        private static IOrderedEnumerable<Known> Detached(IEnumerable<Known> of) => of.Where(static s => s.DetachedAt is not null).OrderBy(static s => s.DetachedAt);

        private async Task DetachAsync(Known session, long generation)
        {
            Story.Add($"{_now} {session} is let go of by generation {generation} of {session.Generation}");
            await session.Log.DetachAsync(generation, new ConnectionEnd(session.Connection, CloseReason.TransportLost, 1006));
            if (session is { HasEnded: false, DetachedAt: null } && generation == session.Generation)
            {
                (session.DetachedAt, session.Detaching) = (_now, ++_detachings);
            }
        }

        private async Task SetGroupAsync(Known session, string group, bool member)
        {
            Story.Add($"{_now} {session} {(member ? "joins" : "leaves")} {group}");
            Assert.Equal(!session.HasEnded, await _store.SetGroupAsync(session.Log.Id, group, member, CancellationToken.None));
            _ = !session.HasEnded && (member ? session.Groups.Add(group) : session.Groups.Remove(group));
        }

        private void Pass(TimeSpan time)
        {
            Story.Add($"{_now} {time} pass");
            _time.Advance(time);
            _now += time;
            foreach (var session in Detached(Live).Where(s => s.DetachedAt + _options.ResumeTimeout <= _now).ToList())
            {
                End(session);
            }
        }

        private void End(Known session)
        {
            if (session.HasEnded)
            {
                return;
            }

            session.HasEnded = true;
            session.Groups.Clear();
            if (!Live.Any(s => s.User == session.User && s.Endpoint == session.Endpoint))
            {
                _remembered[(session.Endpoint, session.User)] = _now;
            }
        }

        /// <summary>Whoever has had no session for longer than message ids are remembered is forgotten when somebody comes.</summary>
        private void ForgetUsers()
        {
            foreach (var (user, since) in _remembered.ToList())
            {
                if (since < _now - _options.MemoryLifetime)
                {
                    _remembered.Remove(user);
                }
            }
        }

        private async Task CompareAsync()
        {
            LeftOvers.CheckInvariants(_store);
            var live = Live.ToList();
            foreach (var user in _users)
            {
                Assert.Equal(Ids(live.Where(s => s.User == user)), Ids(await _store.FindAsync(SessionTarget.OfUser("test", user), CancellationToken.None)));
            }

            foreach (var group in _groups)
            {
                Assert.Equal(Ids(live.Where(s => s.Groups.Contains(group))), Ids(await _store.FindAsync(SessionTarget.OfGroup(group), CancellationToken.None)));
            }

            foreach (var session in _sessions)
            {
                Assert.Equal(Ids(session.HasEnded ? [] : new[] { session }), Ids(await _store.FindAsync(SessionTarget.OfSession(session.Log.Id), CancellationToken.None)));
            }

            var detached = live.Count(static s => s.DetachedAt is not null);
            Assert.Equal<(long, long, long, long)>((live.Count, live.Count, detached, detached), (_store.Count, _store.Census.Live, _store.Census.Detached, LeftOvers.AlarmsOf(_store)));
            Assert.Equal(live.Where(static s => s.Address is not null).Select(static s => (s.Endpoint, s.Address)).Distinct().Count(), _store.Addresses.Count);
            Assert.Equal(_remembered.Count, _store.UserCount);
        }

        private static IEnumerable<string> Ids(IEnumerable<Known> of) => Ids(of.Select(static s => s.Log));

        private static IEnumerable<string> Ids(IEnumerable<ISessionLog> of) => of.Select(static log => log.Id).Order(StringComparer.Ordinal);
    }

    private sealed class Nobody : ISessionObserver
    {
        public void OnChanged()
        {
        }

        public void OnRevoked(CloseReason reason, TimeSpan? retryAfter)
        {
        }
    }
}
