using Airlock.Lab.Commands;

namespace Airlock.Lab.Tests.Commands;

public sealed class LinesTests
{
    [Fact]
    public void Text_stays_in_its_column_and_within_the_window()
    {
        var lines = Lines.Entry("name", "one two three four five six seven", 8, 20).ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(["name    one two", "        three four", "        five six", "        seven"], lines);
    }

    [Fact]
    public void A_name_longer_than_its_column_has_a_line_of_its_own() =>
        Assert.Equal("a-long-name\n        text", Lines.Entry("a-long-name", "text", 8, 20).ReplaceLineEndings("\n"));

    [Fact]
    public void A_word_longer_than_the_window_is_not_torn() =>
        Assert.Equal("n  abcdefghijklmnop", Lines.Entry("n", "abcdefghijklmnop", 3, 10).ReplaceLineEndings("\n"));
}
