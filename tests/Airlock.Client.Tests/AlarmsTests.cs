namespace Airlock.Client.Tests;

public sealed class AlarmsTests
{
    private static readonly Link _one = new(1, TimeSpan.Zero);
    private static readonly Link _two = new(2, TimeSpan.Zero);

    [Fact]
    public void Each_alarm_is_taken_once_when_it_is_due_and_the_earliest_first()
    {
        var alarms = new Alarms();
        Assert.Null(alarms.Next);
        alarms.Set(AlarmKind.Silence, _one, At(30));
        alarms.Set(AlarmKind.Silence, _two, At(10));
        alarms.Set(AlarmKind.Ack, null, At(20));
        alarms.Set(AlarmKind.Refresh, _one, At(40));
        Assert.Equal(At(10), alarms.Next);
        Assert.Empty(Taken(alarms, 9));
        Assert.Equal([(AlarmKind.Silence, _two)], Taken(alarms, 10));
        Assert.Equal(At(20), alarms.Next);
        Assert.Equal([(AlarmKind.Ack, null), (AlarmKind.Silence, _one)], Taken(alarms, 30));
        // Set again it has one time only.
        alarms.Set(AlarmKind.Refresh, _one, At(35));
        Assert.Equal([(AlarmKind.Refresh, _one)], Taken(alarms, 100));
        Assert.Null(alarms.Next);
    }

    [Fact]
    public void Alarms_of_a_link_are_cleared_with_it_and_those_of_none_by_their_kind()
    {
        var alarms = new Alarms();
        foreach (var kind in new[] { AlarmKind.Silence, AlarmKind.Refresh })
        {
            alarms.Set(kind, _one, At(1));
            alarms.Set(kind, _two, At(2));
        }

        alarms.Set(AlarmKind.Ack, null, At(3));
        alarms.Set(AlarmKind.Steady, null, At(4));
        Assert.True(alarms.Has(AlarmKind.Ack));
        Assert.False(alarms.Has(AlarmKind.Silence));
        alarms.Clear(_one);
        alarms.Clear(AlarmKind.Ack);
        alarms.Clear(AlarmKind.Silence);
        Assert.False(alarms.Has(AlarmKind.Ack));
        Assert.Equal(At(2), alarms.Next);
        Assert.Equal([(AlarmKind.Silence, _two), (AlarmKind.Refresh, _two), (AlarmKind.Steady, null)], Taken(alarms, 100));
        alarms.Set(AlarmKind.Ack, null, At(1));
        alarms.ClearAll();
        Assert.Empty(Taken(alarms, 100));
    }

    private static TimeSpan At(int seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>At most ten, so that one which is not removed ends this all the same.</summary>
    private static List<(AlarmKind, Link?)> Taken(Alarms alarms, int seconds)
    {
        var taken = new List<(AlarmKind, Link?)>();
        while (taken.Count < 10 && alarms.TryTake(At(seconds), out var kind, out var link))
        {
            taken.Add((kind, link));
        }

        return taken;
    }
}
