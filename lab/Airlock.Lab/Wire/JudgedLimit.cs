namespace Airlock.Lab.Wire;

/// <summary>A figure and what it had to be.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The figure, with its unit.</param>
/// <param name="Limit">What it had to be.</param>
/// <param name="IsMet">Whether it was.</param>
internal sealed record JudgedLimit(string Name, string Value, string Limit, bool IsMet)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Value} (limit: {Limit})";
}
