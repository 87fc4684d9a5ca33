using System.Globalization;

namespace Airlock.Lab.Wire;

/// <summary>The post-mortem's limits: what a deployed server may cost at most, and how much of it must succeed.</summary>
internal sealed record Budgets
{
    /// <summary>From the answered upgrade to ready, in milliseconds of the median; less than this. Default: 100.</summary>
    public double Coordination { get; init; } = 100;

    /// <summary>How much longer than without coordination the first event takes, in percent of the medians; less than this. Default: 50.</summary>
    public double Overhead { get; init; } = 50;

    /// <summary>How many succeed, in percent; at least this. Default: 99.</summary>
    public double Success { get; init; } = 99;

    /// <summary>How many connections end with 1011; at most this. Default: 0.</summary>
    public int Closed1011 { get; init; }

    /// <summary>Judges figures.</summary>
    /// <param name="coordination">In milliseconds.</param>
    /// <param name="overhead">In percent; null if there was nothing to compare with, which is not judged.</param>
    /// <param name="success">In percent.</param>
    /// <param name="closed1011">How many connections ended so.</param>
    public IReadOnlyList<JudgedLimit> Judge(double coordination, double? overhead, double success, int closed1011) =>
    [
        JudgeCoordination(coordination),
        .. overhead is { } percent ? [JudgeOverhead(percent)] : Array.Empty<JudgedLimit>(),
        JudgeSuccess(success),
        Judge1011(closed1011),
    ];

    /// <summary>Judges how long it takes from the answered upgrade to ready.</summary>
    public JudgedLimit JudgeCoordination(double milliseconds) => new("coordination, upgrade to ready", Text(milliseconds, "0.0", "ms"), $"less than {Text(Coordination, "0.###", "ms")}", milliseconds < Coordination);

    /// <summary>Judges how much longer the first event takes.</summary>
    public JudgedLimit JudgeOverhead(double percent) => new("overhead to the first event", Text(percent, "0", "%"), $"less than {Text(Overhead, "0.###", "%")}", percent < Overhead);

    /// <summary>Judges how many succeed.</summary>
    public JudgedLimit JudgeSuccess(double percent) => new("success", Text(percent, "0.##", "%"), $"at least {Text(Success, "0.###", "%")}", percent >= Success);

    /// <summary>Judges how many connections were told that the server has a bug.</summary>
    public JudgedLimit Judge1011(int closed) => new("closed with 1011", closed.ToString(CultureInfo.InvariantCulture), $"at most {Closed1011.ToString(CultureInfo.InvariantCulture)}", closed <= Closed1011);

    private static string Text(double value, string format, string unit) => $"{value.ToString(format, CultureInfo.InvariantCulture)} {unit}";
}
