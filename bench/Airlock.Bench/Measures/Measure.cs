namespace Airlock.Bench.Measures;

/// <summary>One row, or a few, of the table.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Rows">The rows it fills.</param>
/// <param name="Turn">When it is taken.</param>
/// <param name="Run">Measures a target once; gives one value for each row.</param>
internal sealed record Measure(string Name, IReadOnlyList<Row> Rows, Turn Turn, Func<BenchRun, TargetServer, Task<double[]>> Run);
