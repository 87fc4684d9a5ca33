using System.Text.RegularExpressions;

namespace Airlock.Core.Tests;

/// <summary>docs/causes.md: an entry for each close cause, its first line printed from the catalogue, the rest written by hand.</summary>
public sealed partial class CausesDocumentTests
{
    private const string Page = "docs/causes.md";
    private static readonly string[] _parts = ["- **What happened.** ", "- **Why.** ", "- **The client** ", "- **The operator** "];

    [Fact]
    public void Every_close_cause_has_one_entry_in_the_order_of_the_catalogue() =>
        Assert.Equal(CloseReason.All.Select(static reason => reason.Cause), Heading().Matches(Golden.Read(Page)).Select(static heading => heading.Groups[1].Value));

    [Fact]
    public void Every_entry_says_what_happened_and_why_and_what_the_client_and_the_operator_do()
    {
        foreach (var reason in CloseReason.All)
        {
            var lines = EntryOf(reason).Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
            Assert.True(lines.Length == _parts.Length, $"{reason.Cause} has {lines.Length} parts.");
            Assert.All(lines.Zip(_parts), pair => Assert.True(pair.First.StartsWith(pair.Second, StringComparison.Ordinal) && pair.First.Length > pair.Second.Length + 5, $"{reason.Cause}: {pair.First}"));
        }
    }

    [Fact]
    public void First_line_of_every_entry_is_what_the_code_says()
    {
        var page = Golden.Read(Page);
        foreach (var reason in CloseReason.All)
        {
            var entry = EntryOf(reason);
            page = page.Replace($"### `{reason.Cause}`\n\n{entry.Split('\n')[0]}\n", $"### `{reason.Cause}`\n\n{FactsOf(reason)}\n", StringComparison.Ordinal);
        }

        Golden.Check(Page, page);
    }

    private static string EntryOf(CloseReason reason)
    {
        var page = Golden.Read(Page);
        var start = $"### `{reason.Cause}`\n\n";
        var at = page.IndexOf(start, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{Page} has no entry for {reason.Cause}.");
        var entry = page[(at + start.Length)..];
        var end = entry.IndexOf("\n##", StringComparison.Ordinal);
        return end < 0 ? entry : entry[..end];
    }

    private static string FactsOf(CloseReason reason)
    {
        var fault = reason.Fault == Fault.Nobody ? "nobody's fault" : $"the {reason.Fault.ToString().ToLowerInvariant()}'s fault";
        var code = reason.Code == 1006 ? "No close frame (1006)" : $"Code {reason.Code}";
        var second = reason.ResumeCode == reason.Code ? "" : $", with a session {reason.ResumeCode}: {AdviceOf(reason.ResumeCode)}";
        return $"{code}: {AdviceOf(reason.Code)}{second}. It is {fault}. *{reason.Summary}*";
    }

    private static string AdviceOf(int code) => CloseReason.AdviceFor(code) switch
    {
        RetryAdvice.Never => "the client stops",
        RetryAdvice.New => "a new session after a back-off",
        RetryAdvice.Resume => "resume now",
        RetryAdvice.ResumeLater => "resume after the hint",
        var other => throw new InvalidOperationException($"{other} has no words."),
    };

    [GeneratedRegex("^### `([a-z0-9_]+)`$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
