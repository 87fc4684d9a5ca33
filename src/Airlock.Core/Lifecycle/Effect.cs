namespace Airlock.Core;

/// <summary>What a transition orders. Run by the driver after the transition, in order, never inside it.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Id">For an acquiring effect and its release or cancellation: its id, unique within the connection. Else 0.</param>
/// <param name="Reason">For <see cref="EffectKind.RefuseUpgrade"/> and <see cref="EffectKind.SendClose"/>: why.</param>
/// <param name="RetryAfter">A hint that goes with the reason.</param>
/// <param name="Due">An instant in ticks of the driver's clock. For <see cref="EffectKind.SendDrain"/>: the end of the drain. For <see cref="EffectKind.SendGates"/>: the end of the wait for them; null if nothing waits. For <see cref="EffectKind.SendAuthed"/>: when new credentials are asked for; null for never.</param>
public readonly record struct Effect(EffectKind Kind, int Id = 0, CloseReason? Reason = null, TimeSpan? RetryAfter = null, long? Due = null);
