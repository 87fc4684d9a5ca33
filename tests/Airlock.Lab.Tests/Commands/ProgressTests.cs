using Airlock.Lab.Commands;

namespace Airlock.Lab.Tests.Commands;

public sealed class ProgressTests
{
    [Theory]
    [InlineData(0, 10, 60, "")]
    [InlineData(10, 10, 60, "")]
    [InlineData(1, 10, 0, "")]
    [InlineData(5, 10, 20, ", about 20 s left")]
    [InlineData(9, 10, 9, ", about 1 s left")]
    [InlineData(1, 11, 60, ", about 10 min left")]
    public void Time_left_is_told_when_something_can_be_said_of_it(int done, int count, int seconds, string expected) =>
        Assert.Equal(expected, Progress.LeftOf(done, count, TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void On_a_terminal_a_bar_is_redrawn_and_taken_away()
    {
        using var output = new StringWriter();
        var progress = new Progress(new LabConsole(output, output, IsTerminal: true, CancellationToken.None), "walks", 4);
        progress.Report(2);
        progress.Clear();
        progress.Clear();
        Assert.Equal($"\r\u001b[K[{new string('#', 15)}{new string('.', 15)}] 2/4 walks\r\u001b[K", output.ToString());
    }

    [Fact]
    public void In_a_pipe_what_is_quick_has_no_line()
    {
        using var output = new StringWriter();
        var progress = new Progress(new LabConsole(output, output, IsTerminal: false, CancellationToken.None), "walks", 4);
        progress.Report(1);
        progress.Report(4);
        progress.Clear();
        Assert.Empty(output.ToString());
    }
}
