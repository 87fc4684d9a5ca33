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

    /// <summary>Closes the connections of a user from the server's side. A server that cannot does nothing.</summary>
    /// <param name="user">Whose.</param>
    Task DisconnectAsync(string user) => Task.CompletedTask;

    /// <summary>Sends a user something that it did not ask for. A server that cannot does nothing.</summary>
    /// <param name="user">To whom.</param>
    /// <param name="text">What.</param>
    Task PushAsync(string user, string text) => Task.CompletedTask;

    /// <summary>Checks what the server's objects promise of themselves; called between any two steps, so it must neither wait nor change anything. Default: nothing is asked.</summary>
    /// <exception cref="System.Diagnostics.UnreachableException">Something does not hold; the message says what.</exception>
    void CheckInvariants()
    {
    }

    /// <summary>Writes down what is left over: connections, machines, contexts, sessions.</summary>
    void NoteLeftOvers();
}
