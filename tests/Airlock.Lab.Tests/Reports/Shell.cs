using System.Diagnostics;
using System.Text;

namespace Airlock.Lab.Tests.Reports;

/// <summary>A POSIX shell, so that a line which somebody is to copy is read by what reads it then.</summary>
internal static class Shell
{
    private const string Path = "/bin/sh";

    /// <summary>The words that the program of a line is given.</summary>
    /// <param name="line">The line; its program is <c>take</c>, <c>gh</c> or <c>airlock-lab</c>.</param>
    public static IReadOnlyList<string> Words(string line)
    {
        Assert.SkipUnless(File.Exists(Path), $"{Path} is missing.");
        // A name with a dash is no function's in every shell.
        var call = line.StartsWith("airlock-lab ", StringComparison.Ordinal) ? $"take {line["airlock-lab ".Length..]}" : line;
        var start = new ProcessStartInfo(Path) { RedirectStandardOutput = true, RedirectStandardInput = true, StandardOutputEncoding = Encoding.UTF8 };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"take() {{ for word in \"$@\"; do printf '%s\\0' \"$word\"; done; }}\ngh() {{ take \"$@\"; }}\n{call}\n");
        using var shell = Process.Start(start)!;
        shell.StandardInput.Close();
        var words = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
        return words.Split('\0')[..^1];
    }
}
