namespace Airlock.Lab.Subjects.Mutants;

/// <summary>What is taken and not given back, or counted wrong: no client hears of it. Each is seen by what the lab asks the driver's and the client's objects between any two steps and at a run's end, and by nothing else.</summary>
public static class Leaks
{
    private const string Driver = "Airlock/Connections/Connection.cs";
    private const string Announcer = "Airlock/Connections/Announcer.cs";
    private const string Attaching = "Airlock/Sessions/MemorySession.Attaching.cs";

    /// <summary>Every one: a scenario that must notice it, the property that it violates, and words that tell of it.</summary>
    public static IReadOnlyList<(Mutation Mutation, string Scenario, string Checker, string Says)> All { get; } =
    [
        (new("slot-of-the-refused-kept", "Airlock/Connections/Entrance.cs", "        if (_isCounted)\n", "        if (_isCounted && _verdict.Task is not { IsCompleted: true, Result: not null })\n", "Who is refused before the upgrade still counts at its address."), "header-stripping", "everything-ends", "address slots 1"),
        (new("slot-of-the-cut-kept", Driver, "            case EffectKind.ReleaseUser:\n", "            case EffectKind.ReleaseUser when transition.Code == 1006:\n                break;\n            case EffectKind.ReleaseUser:\n", "A connection that was cut still counts for its user."), "cut-anywhere", "everything-ends", "user slots 1"),
        (new("watcher-of-the-unready-left", Announcer, "        if (_watching is not null)", "        if (_watching is not null && admission.Session is not null)", "A connection that ends while it waits for services is told of them for ever."), "services-unavailable", "everything-ends", "gate watchers 1"),
        (new("alarm-of-the-ended-left", "Airlock/Sessions/MemorySession.cs", "            _expiry.Retire();\n            ReleaseRoom();\n", "            ReleaseRoom();\n", "A session that ends while it is detached still expires."), "gap-unheard", "invariants-hold", "alarms of sessions 1"),
        (new("detached-for-ever", Attaching, "                DetachedAt = long.MaxValue;\n", "", "A session that is taken up again is counted as one without a connection."), "two-resumes", "invariants-hold", "The session 1 is broken"),
        (new("connection-of-the-client-kept", "Airlock.Client/Driver.cs", "        _transports.TryRemove(link, out _);\n", "", "The client keeps each of its connections that is over."), "repeat-after-cut", "everything-ends", "connections that a client of client 1 holds"),
        (new("bytes-of-the-client-counted-on", "Airlock.Client/Inbox.cs", "        _bytes -= message.Payload.Length;\n", "", "What the application has taken still counts as waiting for it."), "whole-life", "invariants-hold", "The client's inbox is broken"),
        (new("bytes-of-the-outbox-counted-on", "Airlock.Core/Session/Outbox.cs", "            Bytes -= _ring[_head].Payload.Length;\n", "", "What the client has acknowledged still counts against what may lie unacknowledged."), "full-outbox", "invariants-hold", "bytes are counted"),
        (new("second-loss-does-not-expire", Attaching, "                _expiry.Set(DetachedAt + _user.Store.Options.ResumeTimeout.Ticks);\n", "                if (_core.Generation == 1)\n                {\n                    _expiry.Set(DetachedAt + _user.Store.Options.ResumeTimeout.Ticks);\n                }\n", "A session that loses its connection for the second time waits for ever."), "cut-anywhere", "invariants-hold", "The session 1 is broken"),
    ];
}
