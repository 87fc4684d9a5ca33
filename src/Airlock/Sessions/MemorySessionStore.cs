using System.Collections.Concurrent;
using Airlock.Core;

namespace Airlock;

/// <summary>Sessions in the memory of this process: they survive every lost connection, not the process. Safe for concurrent use.</summary>
public sealed class MemorySessionStore : ISessionStore, IDisposable
{
    private readonly ConcurrentDictionary<string, MemorySession> _sessions = new();
    private readonly ConcurrentDictionary<(string Endpoint, string Key), MemoryUser> _users = new();
    private readonly ConcurrentDictionary<string, byte> _endpoints = new();
    private readonly Entropy _entropy;
    private long _made;
    private readonly DeadlineQueue _deadlines;
    private readonly Tombstones _tombstones;
    private readonly Lock _groupLock = new();
    private readonly Dictionary<string, HashSet<MemorySession>> _groups = [];
    private readonly Lock _userLock = new();
    private long _live;
    private long _detached;
    private readonly Queue<(string Endpoint, MemoryUser User, long Since)> _idleUsers = new();

    /// <summary>Makes an empty store.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="entropy">Where session ids come from; they must not be guessable.</param>
    /// <param name="options">Its limits.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public MemorySessionStore(TimeProvider time, Entropy entropy, MemorySessionStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _entropy = entropy;
        Options = options;
        Clock = new Clock(time);
        _tombstones = new Tombstones(Clock, options);
        Addresses = new MemoryAddresses(options.SessionsPerAddressMax);
        _deadlines = new DeadlineQueue(Clock);
        Span<byte> seed = stackalloc byte[8];
        entropy.Fill(seed);
        HashSeed = BitConverter.ToInt64(seed);
    }

    /// <summary>How many sessions are live.</summary>
    public int Count => _sessions.Count;

    /// <summary>How many users have live sessions or remembered message ids.</summary>
    public int UserCount => _users.Count;

    internal MemorySessionStoreOptions Options { get; }

    /// <summary>What the hashes of message ids begin with, so that nobody can choose ids that share a bucket.</summary>
    internal long HashSeed { get; }

    internal Clock Clock { get; }

    internal MemoryAddresses Addresses { get; }

    /// <summary>How many sessions are live, and how many of them are detached, for whoever collects metrics: read without a lock.</summary>
    internal (long Live, long Detached) Census => (Interlocked.Read(ref _live), Interlocked.Read(ref _detached));

    /// <summary>Counts a session that becomes detached, or is so no longer.</summary>
    /// <param name="before">Since when it was detached, or long.MaxValue.</param>
    /// <param name="after">Since when it is.</param>
    /// <returns><paramref name="after"/>.</returns>
    internal long Recount(long before, long after)
    {
        Interlocked.Add(ref _detached, (after == long.MaxValue ? 0 : 1) - (before == long.MaxValue ? 0 : 1));
        return after;
    }

    /// <inheritdoc/>
    public ValueTask<AttachOutcome> AttachAsync(AttachRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new(Attach(request));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ISessionLog>> FindAsync(SessionTarget target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Session is { } id)
        {
            return new(_sessions.TryGetValue(id, out var session) ? [session] : Array.Empty<ISessionLog>());
        }

        if (target.User is { } user)
        {
            return new(_endpoints.Keys.SelectMany(endpoint => _users.TryGetValue((endpoint, user), out var found) ? found.Sessions : []).ToArray());
        }

        lock (_groupLock)
        {
            return new(_groups.TryGetValue(target.Group!, out var members) ? [.. members] : Array.Empty<ISessionLog>());
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> SetGroupAsync(string session, string group, bool member, CancellationToken cancellationToken)
    {
        lock (_groupLock)
        {
            // Looked up inside the lock: a session that ends leaves its groups under the same lock, after it has left the dictionary.
            if (!_sessions.TryGetValue(session, out var found))
            {
                return new(false);
            }

            if (member)
            {
                if (!_groups.TryGetValue(group, out var members))
                {
                    _groups[group] = members = [];
                }

                members.Add(found);
                found.Groups.Add(group);
            }
            else if (found.Groups.Remove(group))
            {
                LeaveGroup(found, group);
            }

            return new(true);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _deadlines.Dispose();

    /// <summary>Every live session, in no order.</summary>
    internal IEnumerable<SessionReport> Report()
    {
        foreach (var (_, session) in _sessions)
        {
            if (session.Report() is { } report)
            {
                yield return report;
            }
        }
    }

    /// <summary>Forgets an ended session but for its counters.</summary>
    internal void Bury(MemorySession session, SessionPositions positions)
    {
        _sessions.TryRemove(session.Id, out _);
        Interlocked.Decrement(ref _live);
        Recount(session.DetachedAt, long.MaxValue);
        Addresses.Remove(session);
        lock (_groupLock)
        {
            foreach (var group in session.Groups)
            {
                LeaveGroup(session, group);
            }

            session.Groups.Clear();
        }

        _tombstones.Add(session, positions);
    }

    /// <summary>Notes that a user has no session left. Each note names the instant, so that only the last one of a user counts.</summary>
    internal void NoteIdle(MemoryUser user, string endpoint, long since)
    {
        lock (_userLock)
        {
            _idleUsers.Enqueue((endpoint, user, since));
        }
    }

    private AttachOutcome Attach(AttachRequest request)
    {
        IReadOnlyList<LostRange>? lost = null;
        if (request.Resume is { } resume)
        {
            // A session of somebody else, or of another endpoint or place, does not exist here.
            if (Find(resume, request) is { } session && session.Principal.Equals(request.Principal) && session.IsAt(request)
                && session.Attach(request) is var (verdict, outcome))
            {
                switch (verdict)
                {
                    case ResumeVerdict.Resumed:
                        return outcome;
                    case ResumeVerdict.Stale:
                        return new AttachOutcome { Refused = CloseReason.StaleAttempt };
                    case ResumeVerdict.Impossible:
                        return new AttachOutcome { Refused = CloseReason.ResumeInvalid };
                    case ResumeVerdict.Trimmed or ResumeVerdict.Unable:
                        session.End(CloseReason.SessionEnded);
                        break;
                    case ResumeVerdict.Finished:
                        session.End(CloseReason.Bye);
                        break;
                }
            }

            lost = resume.Session is { } id && _tombstones.Find(id, request) is { } positions ? Resume.Lost(positions, resume.Received) : Resume.LostUnknown(resume.Received);
        }

        return Create(request) is { } created ? created with { Lost = lost } : new AttachOutcome { Refused = CloseReason.SessionLimit };
    }

    /// <summary>The session a client names, or, if it never heard the name, the newest that it made itself.</summary>
    private MemorySession? Find(ResumeRequest resume, AttachRequest request) =>
        resume.Session is { } id ? _sessions.GetValueOrDefault(id)
        : request.Instance is { } instance && _users.TryGetValue((request.Endpoint, request.Principal.Key), out var user) ? user.Sessions.LastOrDefault(s => s.Instance == instance && s.IsAt(request))
        : null;

    private AttachOutcome? Create(AttachRequest request)
    {
        while (true)
        {
            ForgetIdleUsers();
            _endpoints.TryAdd(request.Endpoint, 0);
            var user = _users.GetOrAdd((request.Endpoint, request.Principal.Key), at => new MemoryUser(this, at.Key));
            var own = user.Sessions;
            if (own.FirstOrDefault(s => s.IsServedBy(request.Connection)) is { } served)
            {
                return served.Describe(isResumed: false);
            }

            // Room among the user's own sessions first: it costs nobody else.
            MemorySession? oldest;
            if (own.Count >= Options.SessionsPerUserMax)
            {
                oldest = own.Where(static s => s.DetachedAt != long.MaxValue).MinBy(static s => s.DetachedAt);
            }
            else if (Addresses.TryAdd(request.Endpoint, request.Address))
            {
                var session = new MemorySession(user, _entropy.NewId('s'), Interlocked.Increment(ref _made), request, _deadlines);
                _sessions[session.Id] = session;
                if (user.TryAdd(session, Options.SessionsPerUserMax))
                {
                    Interlocked.Increment(ref _live);
                    return session.Describe(isResumed: false);
                }

                // The store let go of the user, or another connection of it was quicker.
                _sessions.TryRemove(session.Id, out _);
                Addresses.Remove(session);
                continue;
            }
            else
            {
                oldest = Addresses.OldestDetached(request.Endpoint, request.Address!);
            }

            if (oldest is null)
            {
                user.NoteIdle(request.Endpoint);
                return null;
            }

            oldest.End(CloseReason.SessionEnded, onlyDetached: true);
        }
    }

    private void LeaveGroup(MemorySession session, string group)
    {
        var members = _groups[group];
        members.Remove(session);
        if (members.Count == 0)
        {
            _groups.Remove(group);
        }
    }

    /// <summary>Forgets users that have had no session for longer than message ids are remembered, and the longest idle ones if there are too many.</summary>
    private void ForgetIdleUsers()
    {
        var before = Clock.Now - Options.MemoryLifetime.Ticks;
        lock (_userLock)
        {
            while (_idleUsers.TryPeek(out var idle) && (idle.Since < before || _idleUsers.Count > Options.TombstonesMax))
            {
                _idleUsers.Dequeue();
                if (idle.User.TryForget(idle.Since))
                {
                    _users.TryRemove(KeyValuePair.Create((idle.Endpoint, idle.User.Key), idle.User));
                }
            }
        }
    }
}
