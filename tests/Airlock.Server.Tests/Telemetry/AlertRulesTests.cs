using System.Diagnostics;
using System.Text.RegularExpressions;
using Airlock.Tests.Telemetry;

namespace Airlock.Server.Tests.Telemetry;

/// <summary>The alert rules of docs/operating, judged by Prometheus itself.</summary>
public sealed partial class AlertRulesTests
{
    [Theory]
    [InlineData("check", "alerts.yml")]
    [InlineData("test", "alerts.test.yml")]
    public async Task Every_rule_fires_at_a_first_occurrence_and_at_nothing_else(string what, string file)
    {
        Assert.SkipUnless(IsInstalled(), "promtool (Debian's prometheus) is not installed.");
        using var promtool = Process.Start(new ProcessStartInfo("promtool", [what, "rules", file])
        {
            WorkingDirectory = OperatingPage.Folder("docs/operating"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = await Task.WhenAll(promtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), promtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken))
            .WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
        await promtool.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(promtool.ExitCode == 0, string.Concat(output));
    }

    [Fact]
    public void Every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not()
    {
        var alerts = Alert().Matches(OperatingPage.Read("docs/operating/alerts.yml")).Select(static m => m.Groups[1].Value).Order().ToList();
        var tests = OperatingPage.Read("docs/operating/alerts.test.yml");
        Assert.True(alerts.Count > 10);
        Assert.Equal(alerts, Fires().Matches(tests).Select(static m => m.Groups[1].Value).Distinct().Order());
        Assert.Equal(alerts, Quiet().Matches(tests).Select(static m => m.Groups[1].Value).Distinct().Order());
    }

    private static bool IsInstalled() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static folder => File.Exists(Path.Combine(folder, "promtool")));

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"- alertname: (\w+)\n +eval_time: \w+\n +exp_alerts:")]
    private static partial Regex Fires();

    [GeneratedRegex(@"\{ alertname: (\w+), eval_time: \w+ \}")]
    private static partial Regex Quiet();
}
