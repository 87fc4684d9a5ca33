namespace Airlock;

/// <summary>Handles one message. Turns of a session come one after another; those of different sessions run in parallel.</summary>
/// <param name="turn">The message and the way to answer it.</param>
/// <param name="stop">Cancelled by the client's stop, by the end of the session and by the end of the process; never by a lost connection.</param>
/// <returns>Completion commits the turn. An exception fails the try.</returns>
public delegate Task TurnHandler(Turn turn, CancellationToken stop);
