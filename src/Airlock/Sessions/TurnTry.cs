using Airlock.Core;

namespace Airlock;

/// <summary>One try of one turn.</summary>
/// <param name="Message">The message to handle.</param>
/// <param name="Number">Which try it is, from 1.</param>
public sealed record TurnTry(InboxMessage Message, int Number);
