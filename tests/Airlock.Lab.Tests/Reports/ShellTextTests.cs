using Airlock.Lab.Reports;

namespace Airlock.Lab.Tests.Reports;

public sealed class ShellTextTests
{
    [Theory]
    [InlineData("plain-word_1.md")]
    [InlineData("with spaces  two")]
    [InlineData("it's")]
    [InlineData("'")]
    [InlineData("say \"so\"")]
    [InlineData("$HOME and ${HOME} and $(id)")]
    [InlineData("`id`")]
    [InlineData("back\\slash")]
    [InlineData("")]
    [InlineData("* ? [a] ~ !x #y")]
    [InlineData("a;b|c&d>e<f(g)")]
    [InlineData("two\nlines\tand a tab")]
    [InlineData("-n")]
    [InlineData("übung → 漢")]
    public void A_shell_takes_a_quoted_word_for_itself(string word) => Assert.Equal(["before", word, "after"], Shell.Words($"take before {ShellText.Quote(word)} after"));

    [Fact]
    public void A_plain_word_is_not_quoted() => Assert.Equal("airlock-lab replay incident --subject legacy:FreshMachine+SilentReturn --schedule t.1.0.2", ShellText.Replay("incident", "legacy:FreshMachine+SilentReturn", "t.1.0.2"));
}
