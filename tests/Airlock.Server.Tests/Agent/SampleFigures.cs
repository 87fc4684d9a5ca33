using System.Globalization;
using Airlock.Server.Agent;

namespace Airlock.Server.Tests.Agent;

/// <summary>The sample's figures, worked out from its text without the code under test.</summary>
internal static class SampleFigures
{
    // date,model,purpose,prompt,requests,input_tokens,output_tokens,cost_usd
    public static readonly string[][] Lines =
        [.. UsageCsv.Sample.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Trim().Split(','))];

    public static decimal Total => Sum(_ => true);

    public static IReadOnlyDictionary<string, decimal> ByModel => By(1);

    public static IReadOnlyDictionary<string, decimal> ByDay => By(0);

    public static decimal MedianDay
    {
        get
        {
            var days = ByDay.Values.Order().ToArray();
            return (days[14] + days[15]) / 2; // thirty days
        }
    }

    public static decimal Sum(Func<string[], bool> which) => Lines.Where(which).Sum(Cost);

    public static decimal Cost(string[] line) => decimal.Parse(line[7], CultureInfo.InvariantCulture);

    public static decimal Number(string[] line, int column) => decimal.Parse(line[column], CultureInfo.InvariantCulture);

    /// <summary>Reported amounts are rounded to a hundredth of a cent, each on its own.</summary>
    public static void AssertClose(decimal expected, decimal actual) => Assert.InRange(actual, expected - 0.0003m, expected + 0.0003m);

    public static bool IsWeekend(string[] line) =>
        DateOnly.Parse(line[0], CultureInfo.InvariantCulture).DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;

    private static Dictionary<string, decimal> By(int column)
    {
        var sums = new Dictionary<string, decimal>();
        foreach (var line in Lines)
        {
            sums[line[column]] = sums.GetValueOrDefault(line[column]) + Cost(line);
        }

        return sums;
    }
}
