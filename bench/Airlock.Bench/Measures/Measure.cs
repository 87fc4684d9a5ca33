namespace Airlock.Bench.Measures;

/// <summary>One row, or a few, of the table.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Rows">The rows it fills.</param>
/// <param name="NeedsFreshServer">Whether it needs a server that has done nothing else, and so has one round only.</param>
/// <param name="Run">Measures a target once; gives one value for each row.</param>
internal sealed record Measure(string Name, IReadOnlyList<Row> Rows, bool NeedsFreshServer, Func<BenchRun, TargetServer, Task<double[]>> Run);
