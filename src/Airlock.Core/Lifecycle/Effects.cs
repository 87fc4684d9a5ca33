using System.Runtime.CompilerServices;

namespace Airlock.Core;

/// <summary>The effects of one transition, in the order to run them. A value without allocation; at most 4.</summary>
public struct Effects
{
    [InlineArray(4)]
    private struct Slots
    {
        private Effect _first;
    }

    private Slots _slots;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The effect at a position.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> − 1.</param>
    public readonly Effect this[int index] => index < Count ? _slots[index] : throw new ArgumentOutOfRangeException(nameof(index));

    internal void Add(Effect effect) => _slots[Count++] = effect;
}
