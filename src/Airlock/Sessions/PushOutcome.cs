namespace Airlock;

/// <summary>What became of a message to sessions.</summary>
/// <param name="Sent">How many sessions have it in their outbox now.</param>
/// <param name="Full">How many refused it because their client leaves too much unacknowledged.</param>
public readonly record struct PushOutcome(int Sent, int Full);
