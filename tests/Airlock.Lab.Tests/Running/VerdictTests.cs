using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests.Running;

public sealed class VerdictTests
{
    private static readonly Exploration _green = new() { Schedules = 1_000 };
    private static readonly Exploration _red = new() { Schedules = 1_000, Violating = 10, First = new FoundRace(Schedule.Parse("1"), [new Violation("expectation", "Two counts are counted.")], 100, "random") };

    [Fact]
    public void A_verdict_holds_if_red_is_red_and_green_is_green()
    {
        Assert.Empty(Judge(_red, _green, _green).Problems);
        Assert.True(Judge(_red, null, _green).Holds);
        Assert.True(Judge(null, null, _green).Holds);
    }

    [Fact]
    public void A_red_half_that_is_not_red_fails() => Fails(Judge(_green, _green, _green), "no longer violates expectation");

    [Fact]
    public void A_red_half_that_is_red_too_late_fails() => Fails(Judge(_red with { First = _red.First! with { Number = 101 } }, _green, _green), "only in schedule 101");

    [Fact]
    public void A_red_half_that_cannot_run_fails() => Fails(Judge(_green with { Error = "no such mutation" }, null, _green), "no such mutation");

    [Fact]
    public void A_legacy_model_that_is_red_without_a_fault_fails() => Fails(Judge(_red, _red, _green), "it has no fault");

    [Fact]
    public void A_legacy_model_that_was_not_run_without_a_fault_fails() => Fails(Judge(_red, Exploration.None, _green), "no schedule was run");

    [Fact]
    public void A_green_half_that_is_red_fails() => Fails(Judge(_red, _green, _red), "airlock violates expectation under schedule 1: Two counts are counted.");

    [Fact]
    public void A_green_half_that_was_not_run_fails() => Fails(Judge(_red, _green, Exploration.None), "no schedule was run");

    [Fact]
    public void A_green_half_that_cannot_run_fails() => Fails(Judge(_red, _green, _green with { Error = "broke" }), "broke");

    private static void Fails(Verdict verdict, string because)
    {
        Assert.False(verdict.Holds);
        Assert.Contains(because, Assert.Single(verdict.Problems), StringComparison.Ordinal);
    }

    private static Verdict Judge(Exploration? red, Exploration? clean, Exploration green) => new(
        new PlantedScenario(),
        red is null ? null : new Side("legacy:SecondMachine", red),
        clean is null ? null : new Side("legacy:None", clean),
        new Side("airlock", green));
}
