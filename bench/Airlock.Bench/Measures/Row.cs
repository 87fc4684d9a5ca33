namespace Airlock.Bench.Measures;

/// <summary>A row of the table.</summary>
/// <param name="Title">What it says.</param>
/// <param name="Unit">The unit of its values.</param>
/// <param name="Format">How a value is printed.</param>
internal sealed record Row(string Title, string Unit, string Format);
