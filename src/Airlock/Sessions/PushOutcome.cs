namespace Airlock;

/// <summary>What became of a message to sessions.</summary>
/// <param name="Sent">How many sessions have it in their outbox now.</param>
/// <param name="Full">
/// How many refused it because their client leaves too much unacknowledged. It will not come to them; a client that can is told how many it missed, by one <c>gap</c> in their
/// place, and an older one is not told: then this is the only word of it.
/// </param>
public readonly record struct PushOutcome(int Sent, int Full);
