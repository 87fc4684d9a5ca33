using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests.Running;

public sealed class ExaminationTests
{
    [Fact]
    public void What_nobody_foresaw_is_the_error_of_one_verdict_and_not_the_end_of_the_run()
    {
        var verdict = new Examination(new Plan(), new Broken(), countPoolWork: false, TestContext.Current.CancellationToken).Examine(new PlantedScenario());
        Assert.Equal("OperationCanceledException: It is broken.", verdict.Error);
        Assert.False(verdict.Holds);
    }

    private sealed class Broken : Examinee
    {
        public override string Name => "broken";

        public override Exploration Explore(Scenario scenario, Plan plan, bool countPoolWork, CancellationToken stop) => throw new OperationCanceledException("It is broken.");

        public override Exploration FindRace(Scenario scenario, Plan plan, CancellationToken stop) => throw new NotSupportedException();

        public override Schedule Shrink(Scenario scenario, Schedule schedule, string checker, CancellationToken stop, Action<int, int>? progress = null) => throw new NotSupportedException();

        public override Replayed Replay(Scenario scenario, Schedule schedule) => throw new NotSupportedException();
    }
}
