using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airlock.Repository.Tests;

/// <summary>One file of the tree: its path from the root, with forward slashes, and its text.</summary>
public sealed record SourceFile(string Path, string Text)
{
    private static readonly string[] _notOurs = [".git", "artifacts", "bin", "node_modules", "obj"];

    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The name up to its first dot: <c>Session.Resume.cs</c> is a part of <c>Session</c>.</summary>
    public string Noun => Name.Split('.')[0];

    public string[] Lines => Text.TrimEnd('\n').Split('\n');

    public SyntaxNode Syntax => CSharpSyntaxTree.ParseText(Text, path: Path).GetRoot();

    public bool IsUnder(params string[] folders) => folders.Any(folder => Path.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>Every file with one of the extensions, without what tools have made.</summary>
    public static IEnumerable<SourceFile> Tree(params string[] extensions) =>
        Walk(Root).Where(path => extensions.Contains(System.IO.Path.GetExtension(path)))
            .Select(path => new SourceFile(System.IO.Path.GetRelativePath(Root, path).Replace('\\', '/'), File.ReadAllText(path)));

    /// <summary>Where the tree is.</summary>
    public static string Root { get; } = FindRoot();

    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFiles(folder).Concat(Directory.EnumerateDirectories(folder)
            .Where(child => !_notOurs.Contains(System.IO.Path.GetFileName(child))).SelectMany(Walk));

    // From where this file was compiled, because the build's output may lie outside the tree.
    private static string FindRoot([System.Runtime.CompilerServices.CallerFilePath] string here = "")
    {
        var folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Airlock.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No Airlock.slnx above {here}.");
    }
}
