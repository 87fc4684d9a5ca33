namespace Airlock.Lab.Reports;

/// <summary>Words of a command line that somebody copies into a shell.</summary>
internal static class ShellText
{
    /// <summary>A word as a POSIX shell takes it for itself, whatever is in it.</summary>
    /// <param name="word">The word.</param>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(static c => char.IsAsciiLetterOrDigit(c) || "_@%+=:,./-".Contains(c, StringComparison.Ordinal)) ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>The line that replays a run.</summary>
    /// <param name="scenario">The scenario's name.</param>
    /// <param name="subject">What ran, as the command line has it.</param>
    /// <param name="schedule">The schedule.</param>
    public static string Replay(string scenario, string subject, string schedule) => $"airlock-lab replay {Quote(scenario)} --subject {Quote(subject)} --schedule {Quote(schedule)}";
}
