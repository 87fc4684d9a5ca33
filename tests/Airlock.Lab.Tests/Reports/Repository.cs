using System.Runtime.CompilerServices;

namespace Airlock.Lab.Tests.Reports;

/// <summary>Files of the repository. From where this file was compiled, because the build's output may lie outside the tree.</summary>
internal static class Repository
{
    private static readonly string _root = Find();

    public static string PathOf(string path) => Path.Combine(_root, path);

    public static string Read(string path) => File.ReadAllText(PathOf(path)).ReplaceLineEndings("\n");

    private static string Find([CallerFilePath] string here = "")
    {
        var folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Airlock.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No Airlock.slnx above {here}.");
    }
}
