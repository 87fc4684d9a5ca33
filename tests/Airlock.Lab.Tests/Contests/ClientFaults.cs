namespace Airlock.Lab.Tests.Contests;

/// <summary>Faults at the locks of the .NET client.</summary>
internal static class ClientFaults
{
    public static IReadOnlyList<LockFault> All { get; } =
    [
        new(
            LockFaultKind.CheckThenAct,
            "effects-performed-twice",
            "Airlock.Client/Driver.cs",
            """
                            if (_performing)
                            {
                                return;
                            }

                            _performing = true;
                """,
            """
                            if (_performing)
                            {
                                return;
                            }
                        }

                        lock (_lock)
                        {
                            _performing = true;
                """,
            "Two perform the client's effects: each found nobody before the other began.",
            "client-tells-in-order"),
        new(
            LockFaultKind.LookedAtOutside,
            "effects-left-in-two",
            "Airlock.Client/Driver.cs",
            """
                                if (!_core.TryTake(out effect))
                                {
                                    _performing = false;
                                    Arm();
                                    return;
                                }
                            }
                """,
            """
                                if (_core.TryTake(out effect))
                                {
                                    goto Take;
                                }
                            }

                            lock (_lock)
                            {
                                _performing = false;
                                Arm();
                                return;
                            }

                        Take:
                """,
            "An effect of the client waits for the next event: it came between the last look and the rest.",
            "client-sends"),
        new(
            LockFaultKind.LookedAtOutside,
            "effects-looked-for-outside",
            "Airlock.Client/Driver.cs",
            """
                        lock (_lock)
                        {
                            step(_core, Now);
                            if (_performing)
                            {
                """,
            """
                        var performing = _performing;
                        lock (_lock)
                        {
                            step(_core, Now);
                            if (performing)
                            {
                """,
            "An effect of the client waits for the next event: who was seen performing before the lock rests by now.",
            "client-sends"),
    ];
}
