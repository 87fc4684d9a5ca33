namespace Airlock.Lab.Subjects;

/// <summary>The names of states in traces: those of the incident's post-mortem, whatever a subject calls them.</summary>
public static class States
{
    public const string Connecting = "CONNECTING";
    public const string Accepted = "ACCEPTED";
    public const string Authenticated = "AUTHENTICATED";
    public const string ServicesReady = "SERVICES_READY";
    public const string ProcessingReady = "PROCESSING_READY";
    public const string Degraded = "DEGRADED";
    public const string Draining = "DRAINING";
    public const string Closing = "CLOSING";
    public const string Closed = "CLOSED";
    public const string Failed = "FAILED";

    /// <summary>The way of a connection that becomes ready.</summary>
    public static IReadOnlyList<string> Path { get; } = [Connecting, Accepted, Authenticated, ServicesReady, ProcessingReady];

    /// <summary>Whether a connection in this state is over.</summary>
    /// <param name="state">The state.</param>
    public static bool IsTerminal(string state) => state is Closed or Failed;
}
