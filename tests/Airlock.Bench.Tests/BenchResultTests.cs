using System.Text.Json;
using Airlock.Bench.Measures;

namespace Airlock.Bench.Tests;

public class BenchResultTests
{
    private static readonly Row _row = new("echo", "/s", "N0");
    private static readonly BenchResult _result = new([new(_row, "kestrel", [1000, 3000, 2000], 1), new(_row, "airlock", [1000, 1000, 1000], 0.5)], new Dictionary<string, int> { ["slow_consumer"] = 2 });

    [Fact]
    public void The_table_shows_medians_and_ratios()
    {
        var lines = _result.ToTable().Split('\n');

        Assert.Contains("kestrel |", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(" 2,000 |       1,000 (0.50) |", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_round_is_in_the_json()
    {
        using var json = JsonDocument.Parse(_result.ToJson());

        var value = json.RootElement.GetProperty("values")[0];
        Assert.Equal("kestrel", value.GetProperty("target").GetString());
        Assert.Equal(3, value.GetProperty("rounds").GetArrayLength());
        Assert.Equal(2000, value.GetProperty("median").GetDouble());
    }

    [Fact]
    public void Closes_that_no_peer_wanted_are_named() => Assert.Equal("Closes that no peer wanted: 2 × slow_consumer.", _result.CausesInWords());
}
