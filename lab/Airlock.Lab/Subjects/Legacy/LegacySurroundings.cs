using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>All that the legacy endpoint has around it: the simulated world's, or a real server's.</summary>
internal sealed record LegacySurroundings
{
    /// <summary>The faults that are on.</summary>
    public required LegacyFault Faults { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>What happened.</summary>
    public required Trace Trace { get; init; }

    /// <summary>What the endpoint depends on.</summary>
    public required ServiceBoard Services { get; init; }

    /// <summary>The deadlines and limits.</summary>
    public required ServerSettings Settings { get; init; }

    /// <summary>Finds out who a token belongs to.</summary>
    public required Func<string?, ValueTask<(string? User, AuthorityRefusal? Refusal)>> AskAsync { get; init; }

    /// <summary>The application: connection, user, session, message, number; returns the message and the user it was handled for.</summary>
    public required Func<string, string, string, string, long, ValueTask<string>> HandleAsync { get; init; }

    /// <summary>What the application tells of a message before it answers it. Default: nothing.</summary>
    public Func<string, IEnumerable<string>> PartsOf { get; init; } = static _ => [];

    /// <summary>Whether a fault is on.</summary>
    public bool Has(LegacyFault fault) => (Faults & fault) != 0;

    /// <summary>Sleeps, as the fixes of the incident did.</summary>
    public Task SleepAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), Time);

    /// <summary>Logs a line.</summary>
    public void Log(string connection, string level, string text) => Trace.Add(TraceKind.Logged, connection, level, to: text);
}
