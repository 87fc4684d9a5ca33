using Airlock.Lab.Running;
using Airlock.Lab.Scenarios.Integration;
using Airlock.Lab.Scenarios.Neighbours;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Subjects.Production;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Tests.Simulation;

public sealed class SurroundingsTests
{
    [Theory]
    [InlineData("w0212.1.0.2")]
    [InlineData("w3.t.1.0.2")]
    [InlineData("w00001.-")]
    [InlineData("w1.t")]
    [InlineData("t.1.0.2")]
    [InlineData("-")]
    public void They_stand_in_front_of_a_schedule(string text) => Assert.Equal(text, Schedule.Parse(text).ToString());

    [Theory]
    [InlineData("w.1")]
    [InlineData("w9.1")]
    [InlineData("w000001.1")]
    [InlineData("w1")]
    [InlineData("wx.1")]
    public void What_are_none_is_refused(string text) => Assert.Contains("surroundings", Assert.Throws<FormatException>(() => Schedule.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_chance_has_chosen_is_repeated_by_the_schedule_alone_and_is_the_traces_first_line()
    {
        var (strategy, subject, surrounded) = (new RandomStrategy(11) { VariesSurroundings = true }, new AirlockSubject(), 0);
        for (var i = 0; i < 40; i++)
        {
            strategy.BeginRun();
            var run = Run.Once(new WholeLife(), subject, strategy, timeRaces: i % 4 > 1);
            Assert.Equal(run.Hash(), Run.Replay(new WholeLife(), subject, Schedule.Parse(run.Schedule.ToString())).Hash());
            Assert.Equal(!run.Schedule.Surroundings.IsOrdinary, run.Trace.Events[0].Kind == TraceKind.Surrounded);
            surrounded += run.Schedule.Surroundings.IsOrdinary ? 0 : 1;
        }

        Assert.InRange(surrounded, 15, 20);
    }

    [Fact]
    public void Every_way_of_every_aspect_is_chosen()
    {
        var random = new Random64(5);
        var chosen = Enumerable.Range(0, 200).Select(_ => Surroundings.Choose(random)).ToList();
        foreach (var aspect in Enum.GetValues<Aspect>())
        {
            var ways = chosen.Select(surroundings => surroundings[aspect]).Distinct().Order().ToList();
            Assert.Equal(Enumerable.Range(0, ways.Count), ways);
            Assert.True(ways.Count > 1, $"{aspect} is always as it ordinarily is.");
        }
    }

    [Fact]
    public void What_a_scenario_is_about_stays_as_it_has_it()
    {
        var run = Run.Replay(new ResumeAgainstExpiry(), new AirlockSubject(), Schedule.Parse("w2022.-"));
        Assert.Equal("w2002.-", run.Schedule.ToString());
    }

    [Fact]
    public void A_subject_that_does_not_take_them_has_the_ordinary_ones()
    {
        var run = Run.Replay(new WholeLife(), new LegacySubject(LegacyFault.None), Schedule.Parse("w2022.-"));
        Assert.True(run.Schedule.Surroundings.IsOrdinary);
    }

    [Fact]
    public void A_user_who_comes_back_an_hour_later_is_answered()
    {
        var run = Run.Replay(new WholeLife(), new AirlockSubject(), Schedule.Parse("w00001.-"));
        Assert.Empty(run.Violations);
        var last = run.Trace.Events.Last(static e => e.Kind == TraceKind.ClientAnswered);
        Assert.True(last.At > TimeSpan.FromHours(1), $"The last answer came after {last.At}.");
    }
}
