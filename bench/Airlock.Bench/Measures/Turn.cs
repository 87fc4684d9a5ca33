namespace Airlock.Bench.Measures;

/// <summary>When a measure has its turn.</summary>
internal enum Turn
{
    /// <summary>In each round, on a server that is warm.</summary>
    EachRound,

    /// <summary>Once, on a server that is warm.</summary>
    OnceWarm,

    /// <summary>Once, on a server that has done nothing else.</summary>
    OnceFresh,
}
