using Airlock.Lab.Traces;

namespace Airlock.Lab.Simulation;

/// <summary>The application behind a server: it answers each message with the message's id and the user it was handled for.</summary>
public sealed class Application(World world)
{
    /// <summary>How long an answer takes. Default: none; it is still a step of its own.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How many provisional parts an answer streams before it is sent. Default: 0. For subjects that can.</summary>
    public int Parts { get; set; }

    /// <summary>Whether an answer is told in the five events of <see cref="AgentEvents"/>, in place of <see cref="Parts"/>. Default: false.</summary>
    public bool TellsEvents { get; set; }

    /// <summary>How often the handling of a message fails before it succeeds. Default: 0.</summary>
    public int Failures { get; set; }

    /// <summary>What is streamed, provisionally, before a message is answered.</summary>
    /// <param name="message">The message's id.</param>
    public IEnumerable<string> PartsOf(string message) => TellsEvents ? AgentEvents.Before(message) : Enumerable.Range(1, Parts).Select(part => $"part {part} of {message}");

    /// <summary>Handles a message.</summary>
    /// <param name="connection">The connection it came on, if the server knows; else empty.</param>
    /// <param name="user">Who the server says it is from.</param>
    /// <param name="session">The session, or the connection where there are none.</param>
    /// <param name="message">The message's id.</param>
    /// <param name="sequence">Its number.</param>
    /// <returns>The answer: the message's id, the user, and where it is the last of five events its name.</returns>
    public ValueTask<string> HandleAsync(string connection, string user, string session, string message, long sequence) =>
        HandleAsync(connection, user, session, message, sequence, CancellationToken.None);

    /// <summary>As the other, for subjects that can stop what takes long.</summary>
    /// <param name="connection">The connection it came on, if the server knows; else empty.</param>
    /// <param name="user">Who the server says it is from.</param>
    /// <param name="session">The session, or the connection where there are none.</param>
    /// <param name="message">The message's id.</param>
    /// <param name="sequence">Its number.</param>
    /// <param name="stop">Ends a long answer.</param>
    /// <returns>The answer: the message's id, the user, and where it is the last of five events its name.</returns>
    public async ValueTask<string> HandleAsync(string connection, string user, string session, string message, long sequence, CancellationToken stop)
    {
        world.Trace.Add(TraceKind.HandlingBegan, connection, message, user, session, sequence);
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, world.Scheduler.Time, stop);
        }
        else
        {
            await Task.Yield();
        }

        if (Failures > 0)
        {
            Failures--;
            throw new InvalidOperationException("The handler fails, as the scenario wants it.");
        }

        world.Trace.Add(TraceKind.HandlingEnded, connection, message, user, session, sequence);
        return TellsEvents ? $"{message} {user} {AgentEvents.Completed}" : $"{message} {user}";
    }
}
