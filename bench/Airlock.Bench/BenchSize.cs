namespace Airlock.Bench;

/// <summary>How much is done for each value.</summary>
internal sealed record BenchSize
{
    /// <summary>How many rounds.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>How many bursts of work a server gets at most until it has compiled what it needs.</summary>
    public int WarmUpsMax { get; init; } = 32;

    /// <summary>How long messages go to and fro.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many connections are made to find out how many a second.</summary>
    public int Connects { get; init; } = 3000;

    /// <summary>How many connections are made one after another.</summary>
    public int OneByOne { get; init; } = 300;

    /// <summary>To how many a broadcast goes.</summary>
    public int Subscribers { get; init; } = 1000;

    /// <summary>How many connections are idle.</summary>
    public int Connections { get; init; } = 10_000;

    /// <summary>How long they are; longer than the beat of any target.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(26);

    /// <summary>A look whether everything still works, in seconds; its figures mean nothing.</summary>
    public static BenchSize Quick { get; } = new()
    {
        Rounds = 1,
        WarmUpsMax = 1,
        Time = TimeSpan.FromSeconds(0.05),
        Connects = 50,
        OneByOne = 5,
        Subscribers = 20,
        Connections = 100,
        Idle = TimeSpan.FromSeconds(0.5),
    };

    /// <summary>How many sockets this process needs at most, with some for itself.</summary>
    public int Sockets => Math.Max(Connections, Math.Max(Connects, Subscribers)) + 200;
}
