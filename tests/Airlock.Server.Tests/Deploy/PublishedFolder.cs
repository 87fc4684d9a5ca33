using System.Diagnostics;
using System.Runtime.Versioning;
using Airlock.Tests.Telemetry;

namespace Airlock.Server.Tests.Deploy;

/// <summary>The server as it is published, in a folder that nobody can write to; started as its image is, by a user who is not root.</summary>
public sealed class PublishedFolder : IAsyncLifetime
{
    private const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Enter = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("airlock-published-").FullName;

    /// <summary>The user it runs as; null for who runs the tests, if that is not root.</summary>
    public static string? User { get; } = Environment.IsPrivilegedProcess ? ServerImage.OfProject.User : null;

    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // What is published was built with these tests, in their configuration.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var output = await RunAsync("dotnet", "publish", OperatingPage.Folder(ServerImage.Project), "-c", configuration, "--no-build", "-o", Path, "-v", "q", "--nologo");
        Assert.True(File.Exists(System.IO.Path.Combine(Path, "Airlock.Server.dll")), output);
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            File.SetUnixFileMode(file, Read);
        }

        SetFolders(Read | Enter);
    }

    /// <summary>Skips a test where nobody but root can be, or root alone can read what must be run.</summary>
    public async Task SkipWhereItCannotRunAsync()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "users and modes of files");
        if (User is not null)
        {
            Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "setpriv (Debian's util-linux) is not installed.");
            Assert.SkipUnless((await RunAsync([.. AsUser(), "sh", "-c", $"dotnet --list-runtimes >/dev/null && test -r '{Path}/Airlock.Server.dll' && echo readable"])).Contains("readable", StringComparison.Ordinal), $"User {User} cannot read dotnet or {Path}.");
        }
    }

    /// <summary>Its process, with no variables but these, the search path, and what the image's base sets.</summary>
    /// <param name="directory">The only folder that it can write to: <c>/tmp</c> of a container.</param>
    /// <param name="environment">What is set for it.</param>
    public ProcessStartInfo Start(string directory, IEnumerable<KeyValuePair<string, string>> environment)
    {
        string[] command = [.. AsUser(), "dotnet", "Airlock.Server.dll"];
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = Path };
        var path = start.Environment["PATH"];
        start.Environment.Clear();
        foreach (var (name, value) in new Dictionary<string, string?>
        {
            ["PATH"] = path,
            ["HOME"] = Path,
            ["TMPDIR"] = directory,
            // The base image has no ICU, and a port of its own, which the server's goes before.
            ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "true",
            ["ASPNETCORE_HTTP_PORTS"] = "1",
        })
        {
            start.Environment[name] = value;
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        if (User is not null && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(directory, Read | Enter | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);
        }

        return start;
    }

    public ValueTask DisposeAsync()
    {
        if (!OperatingSystem.IsWindows())
        {
            SetFolders(Read | Enter | UnixFileMode.UserWrite);
        }

        Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static string[] AsUser() => User is null ? [] : ["setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", "--no-new-privs"];

    private static async Task<string> RunAsync(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["MSBUILDDISABLENODEREUSE"] = "1", ["DOTNET_NOLOGO"] = "1" } })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None)).WaitAsync(Patience.Max, CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        return string.Concat(output);
    }

    [UnsupportedOSPlatform("windows")]
    private void SetFolders(UnixFileMode mode)
    {
        foreach (var folder in Directory.EnumerateDirectories(Path, "*", SearchOption.AllDirectories).Append(Path))
        {
            File.SetUnixFileMode(folder, mode);
        }
    }
}
