namespace Airlock.Lab.Subjects.Mutants;

/// <summary>Faults at the borders of locks: what is looked at under one lock and changed under the next, or before it. Each shows between two awaits only, so only where locks are points of the schedule.</summary>
public static class LockBorders
{
    /// <summary>Every one, each with a scenario that must notice it.</summary>
    public static IReadOnlyList<(Mutation Mutation, string Scenario)> All { get; } =
    [
        (new("mailbox-left-in-two", "Airlock/Connections/Mailbox.cs", "                return true;\n            }\n\n            (_isAttended, _queue) = (false, null);", "                return true;\n            }\n        }\n\n        lock (_lock)\n        {\n            (_isAttended, _queue) = (false, null);", "A mailbox that was empty is left, though an event came between the look and the leaving.", IsAtLock: true), "whole-life"),
        (new("mailbox-looked-for-outside", "Airlock/Connections/Mailbox.cs", "        lock (_lock)\n        {\n            if (_isAttended)\n            {", "        var isAttended = _isAttended;\n        lock (_lock)\n        {\n            if (isAttended)\n            {", "Whether somebody is at the mailbox is looked at before the lock.", IsAtLock: true), "whole-life"),
        (new("held-after-ready", "Airlock/Connections/Intake.cs", "            if (_serving is not null)\n            {\n                return false;\n            }\n\n            refused = ", "            refused = ", "Whether the connection is ready is not looked at again under the lock: what is held then nobody stores.", IsAtLock: true), "early-overtaken"),
        (new("effects-left-in-two", "Airlock.Client/Driver.cs", "                if (!_core.TryTake(out effect))\n                {\n                    _performing = false;\n                    Arm();\n                    return;\n                }\n            }\n", "                if (_core.TryTake(out effect))\n                {\n                    goto Take;\n                }\n            }\n\n            lock (_lock)\n            {\n                _performing = false;\n                Arm();\n                return;\n            }\n\n        Take:\n", "An effect of the client waits for the next event: it came between the last look and the rest.", IsAtLock: true), "whole-life"),
        (new("effects-looked-for-outside", "Airlock.Client/Driver.cs", "        lock (_lock)\n        {\n            step(_core, Now);\n            if (_performing)\n            {", "        var performing = _performing;\n        lock (_lock)\n        {\n            step(_core, Now);\n            if (performing)\n            {", "Whether somebody performs the client's effects is looked at before the lock.", IsAtLock: true), "whole-life"),
    ];
}
