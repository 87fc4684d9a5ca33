using System.Runtime.CompilerServices;

namespace Airlock.Tests.Telemetry;

/// <summary>docs/operating.md and the rules beside it, for tests that compare them with the code and with what a server serves.</summary>
internal static class OperatingPage
{
    /// <summary>The rows of a table between <c>&lt;!-- name:begin</c> and <c>&lt;!-- name:end</c>, without its head; cells without their ticks.</summary>
    public static IReadOnlyList<string[]> Rows(string table)
    {
        var lines = Read("docs/operating.md").Split('\n');
        var rows = lines.SkipWhile(line => !line.StartsWith($"<!-- {table}:begin", StringComparison.Ordinal)).TakeWhile(line => !line.StartsWith($"<!-- {table}:end", StringComparison.Ordinal)).Skip(3)
            .Select(static row => row.Trim('|', ' ').Split('|').Select(static cell => cell.Trim().Trim('`')).ToArray()).ToArray();
        Assert.True(rows.Length > 0, $"docs/operating.md has no table {table}.");
        return rows;
    }

    /// <summary>A folder of the tree.</summary>
    public static string Folder(string path, [CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../..", path));

    // From where this file was compiled, because the build's output may lie outside the tree.
    public static string Read(string path, [CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../..", path)).ReplaceLineEndings("\n");
}
