using Airlock.Lab.Wire;

namespace Airlock.Lab.Tests.Wire;

public sealed class WireWorldTests
{
    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(false, false, true)]
    public async Task A_missed_limit_is_held_against_a_run_but_a_time_not_in_the_short_form(bool isQuick, bool isTime, bool isHeld)
    {
        await using var world = new WireWorld(WireSubject.Airlock, "", TestContext.Current.CancellationToken) { IsQuick = isQuick };
        world.Figure(world.Budgets.JudgeCoordination(250), isTime);
        Assert.Equal(isHeld, world.History.Entries.Any(static entry => entry is { What: "expect", Type: "fail" } && entry.Cause!.Contains("250.0 ms", StringComparison.Ordinal)));
        Assert.Contains("250.0 ms (limit: less than 100 ms", Assert.Single(world.Figures).Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_that_is_kept_is_a_figure_only()
    {
        await using var world = new WireWorld(WireSubject.Airlock, "", TestContext.Current.CancellationToken);
        world.Figure(world.Budgets.JudgeSuccess(99.5), isTime: false);
        Assert.Empty(world.History.Entries);
    }
}
