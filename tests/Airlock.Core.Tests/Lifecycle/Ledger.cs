namespace Airlock.Core.Tests;

/// <summary>Keeps the books of acquiring effects from outside: what was ordered, completed and given back. A value.</summary>
/// <param name="Bits">Three bits an effect: 0 unknown, 1 ordered, 2 held, 3 over, 4 ordered but not awaited any more.</param>
public sealed record Ledger(ulong Bits)
{
    private const ulong Ordered = 1, Held = 2, Over = 3, Cancelled = 4;

    /// <summary>Whether nothing is owed: what is still ordered will be given back when it comes.</summary>
    public bool HoldsNothing => Enumerable.Range(0, 8).All(id => this[id] != Held);

    private ulong this[int id] => (Bits >> (3 * id)) & 7;

    /// <summary>Books one step.</summary>
    public Ledger Book(LifecycleEvent e, Transition step)
    {
        var books = this;
        if (!step.Applied)
        {
            return books;
        }

        var completed = e.Kind is EventKind.AuthenticationSucceeded or EventKind.AttachSucceeded;
        var failed = e.Kind is EventKind.AuthenticationFailed or EventKind.AttachFailed;
        if (completed || failed)
        {
            LifecycleRules.Require(books[e.EffectId] is Ordered or Cancelled, $"Effect {e.EffectId} was completed, but is not awaited.");
            books = books.With(e.EffectId, completed ? Held : Over);
        }

        for (var i = 0; i < step.Effects.Count; i++)
        {
            var effect = step.Effects[i];
            switch (effect.Kind)
            {
                case EffectKind.Authenticate or EffectKind.Attach:
                    LifecycleRules.Require(books[effect.Id] == 0, $"Effect {effect.Id} was ordered twice.");
                    books = books.With(effect.Id, Ordered);
                    break;
                case EffectKind.Cancel:
                    LifecycleRules.Require(books[effect.Id] == Ordered, $"Effect {effect.Id} was cancelled, but is not awaited.");
                    books = books.With(effect.Id, Cancelled);
                    break;
                case EffectKind.ReleaseUser or EffectKind.ReleaseSession:
                    LifecycleRules.Require(books[effect.Id] == Held, $"Effect {effect.Id} was released, but is not held.");
                    books = books.With(effect.Id, Over);
                    break;
            }
        }

        LifecycleRules.Require(step.To < ConnectionState.Closing || Enumerable.Range(0, 8).All(id => books[id] != Ordered), "A way out left an effect neither cancelled nor given back.");
        LifecycleRules.Require(!LifecycleRules.IsOver(step.To) || books.HoldsNothing, "Something is held after the end.");
        return books;
    }

    private Ledger With(int id, ulong stage) => new((Bits & ~(7UL << (3 * id))) | (stage << (3 * id)));
}
