using System.Diagnostics;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Tests;

/// <summary>A schedule alone decides a run: in this process or another one, on a machine that rests or one that does not.</summary>
public sealed class DeterminismTests
{
    private static readonly Scenario _scenario = AllScenarios.List.First(static scenario => scenario.Name == "competing-machines");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_process_has_the_same_digest(bool timeRaces)
    {
        var strategy = new RandomStrategy(21);
        strategy.BeginRun();
        var schedule = Run.Once(_scenario, new AirlockSubject(), strategy, timeRaces).Schedule;
        var digest = $"digest {Run.Replay(_scenario, new AirlockSubject(), schedule).Trace.Hash():x16}.";
        // The lab as it is built for itself: what lies beside the tests has their frameworks.
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder.Parent!.Parent!.FullName, "Airlock.Lab", folder.Name, "Airlock.Lab.dll"), "replay", _scenario.Name, "--schedule", schedule.ToString()]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var cancellation = TestContext.Current.CancellationToken;
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        var output = await process.StandardOutput.ReadToEndAsync(cancellation).WaitAsync(Patience.Max, cancellation);
        await process.WaitForExitAsync(cancellation).WaitAsync(Patience.Max, cancellation);
        Assert.True(output.Contains(digest, StringComparison.Ordinal), $"Expected {digest}, got exit code {process.ExitCode} and\n{output}\n{await errors}");
    }

    public static TheoryData<string> Scenarios => [.. AllScenarios.List.Select(static scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void The_incidents_endpoint_repeats_every_run_too(string name)
    {
        var (scenario, subject, random) = (AllScenarios.List.First(each => each.Name == name), new LegacySubject(), new RandomStrategy(5));
        for (var i = 0; i < 6; i++)
        {
            random.BeginRun();
            var run = Run.Once(scenario, subject, random, timeRaces: i % 2 == 1);
            Assert.False(run.Violates(Run.StaysInside), string.Join(" | ", run.Violations));
            Assert.Equal(run.Hash(), Run.Replay(scenario, subject, run.Schedule).Hash());
        }
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Two_explorations_of_the_incidents_endpoint_come_to_the_same(string name)
    {
        var scenario = AllScenarios.List.First(each => each.Name == name);
        var portions = new Plan { Schedules = 32 }.Portions(name, "legacy", 1);
        var (one, other) = (Explore(), Explore());
        Assert.Null(one.Error);
        Assert.Equal((one.Schedules, one.Steps, one.Violating, one.First?.Schedule.ToString()), (other.Schedules, other.Steps, other.Violating, other.First?.Schedule.ToString()));

        Exploration Explore() => new Explorer(scenario, static () => new LegacySubject(), stop: TestContext.Current.CancellationToken).Explore(portions, countPoolWork: false);
    }

    [Fact]
    public void Two_hundred_replays_under_load_have_the_same_digest()
    {
        using var done = new CancellationTokenSource();
        var load = Enumerable.Range(0, Environment.ProcessorCount + 1).Select(_ => new Thread(() =>
        {
            // Threads that come and go, and a collector that is always at work. Without the pauses they would take most of the machine from the other tests.
            for (var i = 1; !done.IsCancellationRequested; i++)
            {
                GC.KeepAlive(new byte[1_000]);
                if (i % 1_000 == 0)
                {
                    Thread.Sleep(1);
                }
            }
        })
        { IsBackground = true }).ToList();
        load.ForEach(static thread => thread.Start());
        try
        {
            var random = new RandomStrategy(22);
            for (var i = 0; i < 10; i++)
            {
                random.BeginRun();
                var run = Run.Once(_scenario, new AirlockSubject(), random, timeRaces: i % 2 == 1);
                for (var again = 0; again < 20; again++)
                {
                    Assert.Equal(run.Hash(), Run.Replay(_scenario, new AirlockSubject(), run.Schedule).Hash());
                }
            }
        }
        finally
        {
            done.Cancel();
            load.ForEach(static thread => thread.Join());
        }
    }
}
