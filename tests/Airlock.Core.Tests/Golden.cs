using System.Runtime.CompilerServices;

namespace Airlock.Core.Tests;

/// <summary>Files of the specification that are printed from the code. A test fails where they differ; AIRLOCK_UPDATE=1 writes them anew.</summary>
public static class Golden
{
    public static string Root { get; } = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    public static void Check(string path, string printed)
    {
        var file = Path.Combine(Root, path);
        printed = printed.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable("AIRLOCK_UPDATE") == "1")
        {
            File.WriteAllText(file, printed);
            return;
        }

        var stored = File.Exists(file) ? Read(path) : "";
        if (stored != printed)
        {
            var line = stored.Split('\n').Zip(printed.Split('\n')).TakeWhile(pair => pair.First == pair.Second).Count();
            Assert.Fail($"{path} is not what the code prints, from line {line + 1} on. If the code is right, run the tests of Airlock.Core with AIRLOCK_UPDATE=1 and read the difference.");
        }
    }

    /// <summary>The same for a part between two lines that start with <c>&lt;!-- name:begin</c> and <c>&lt;!-- name:end</c>.</summary>
    public static void CheckPart(string path, string name, string printed)
    {
        var lines = Read(path).Split('\n').ToList();
        var begin = lines.FindIndex(line => line.StartsWith($"<!-- {name}:begin", StringComparison.Ordinal));
        var end = lines.FindIndex(line => line.StartsWith($"<!-- {name}:end", StringComparison.Ordinal));
        Assert.True(begin >= 0 && end > begin, $"{path} has no part {name}.");
        Check(path, string.Join('\n', [.. lines[..(begin + 1)], .. printed.TrimEnd('\n').Split('\n'), .. lines[end..]]));
    }

    // From where this file was compiled, because the build's output may lie outside the tree.
    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Airlock.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No Airlock.slnx above {here}.");
    }
}
