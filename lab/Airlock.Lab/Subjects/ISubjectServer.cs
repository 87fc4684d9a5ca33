using Airlock.Lab.Simulation;

namespace Airlock.Lab.Subjects;

/// <summary>A subject's server during one run. Disposed at its end.</summary>
public interface ISubjectServer : IDisposable
{
    /// <summary>Serves one connection to its end, as a step of the connection's own party.</summary>
    /// <param name="handshake">The connection.</param>
    Task ServeAsync(Handshake handshake);

    /// <summary>Asks all connections to move elsewhere and waits until they have gone. A server that cannot just waits for nothing.</summary>
    /// <param name="budget">How long they may stay.</param>
    Task DrainAsync(TimeSpan budget);

    /// <summary>Writes down what is left over: connections, machines, contexts, sessions.</summary>
    void NoteLeftOvers();
}
