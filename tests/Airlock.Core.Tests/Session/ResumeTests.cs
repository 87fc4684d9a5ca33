namespace Airlock.Core.Tests;

public sealed class ResumeTests
{
    private static readonly SessionPositions _at = new(Stored: 5, Done: 3, Appended: 9, Acked: 4);

    [Fact]
    public void Position_is_judged_at_both_bounds()
    {
        Assert.Equal(ResumeVerdict.Trimmed, Resume.Judge(_at, 0));
        Assert.Equal(ResumeVerdict.Trimmed, Resume.Judge(_at, 3));
        Assert.Equal(ResumeVerdict.Resumed, Resume.Judge(_at, 4));
        Assert.Equal(ResumeVerdict.Resumed, Resume.Judge(_at, 9));
        Assert.Equal(ResumeVerdict.Impossible, Resume.Judge(_at, 10));
        Assert.Equal(ResumeVerdict.Resumed, Resume.Judge(default, 0));
    }

    [Fact]
    public void Lost_ranges_name_what_neither_side_will_see_again()
    {
        Assert.Equal([new LostRange(Direction.Down, 7, 9), new LostRange(Direction.Up, 4, 5)], Resume.Lost(_at, 6));
        Assert.Equal([new LostRange(Direction.Up, 4, 5)], Resume.Lost(_at, 9));
        Assert.Equal([new LostRange(Direction.Up, 4, 5)], Resume.Lost(_at, 12));
        Assert.Equal([new LostRange(Direction.Down, 1, 9)], Resume.Lost(_at with { Done = 5 }, 0));
        Assert.Empty(Resume.Lost(_at with { Done = 5 }, 9));
        Assert.Equal([new LostRange(Direction.Down, 7, null)], Resume.LostUnknown(6));
    }
}
