using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Airlock.AspNetCore.Tests;

/// <summary>What the guide says is done here as it stands: a new web application, the packages from a feed of their own, the files from the guide's blocks.</summary>
public sealed partial class GuideTests
{
    [Fact]
    public async Task The_guide_leads_to_a_working_chat()
    {
        var root = RootOf();
        using var folder = new Folder();
        var feed = Directory.CreateDirectory(Path.Combine(folder.Path, "feed")).FullName;
        // What is packed is what this test was built with: artifacts/bin/<project>/<configuration>/.
        var built = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        foreach (var project in (string[])["Airlock.Core", "Airlock", "Airlock.AspNetCore", "Airlock.Client"])
        {
            await RunAsync(
                folder, root, "pack", $"src/{project}/{project}.csproj", "--no-build", "-c", built.Name, "--artifacts-path", built.Parent!.Parent!.Parent!.FullName, "-o", feed, "-p:IncludeSymbols=false");
        }

        Assert.Equal(4, Directory.GetFiles(feed, "*.nupkg").Length);
        var version = Path.GetFileNameWithoutExtension(Assert.Single(Directory.GetFiles(feed, "Airlock.AspNetCore.*.nupkg")))["Airlock.AspNetCore.".Length..];
        await RunAsync(folder, folder.Path, "new", "web", "-o", "Chat", "--no-restore");
        var chat = Path.Combine(folder.Path, "Chat");
        await RunAsync(folder, chat, "add", "package", "Airlock.AspNetCore", "--version", version, "--no-restore");
        foreach (var (path, text) in Files(await File.ReadAllTextAsync(Path.Combine(root, "docs/guide.md"), TestContext.Current.CancellationToken)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(chat, path))!);
            await File.WriteAllTextAsync(Path.Combine(chat, path), text, TestContext.Current.CancellationToken);
        }

        var client = Directory.CreateDirectory(Path.Combine(chat, "wwwroot/airlock")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "clients/js/src")))
        {
            File.Copy(file, Path.Combine(client, Path.GetFileName(file)));
        }

        await RunAsync(folder, chat, "build", $"-p:RestoreAdditionalProjectSources={feed}", "-o", Path.Combine(folder.Path, "out"));

        var port = FreePort();
        using var server = Start(folder, chat, Path.Combine(folder.Path, "out", "Chat.dll"), "--urls", $"http://127.0.0.1:{port}");
        try
        {
            await StartedAsync(server);
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            Assert.Contains("AirlockClient", await http.GetStringAsync("/", TestContext.Current.CancellationToken));
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/airlock/index.js", TestContext.Current.CancellationToken)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode);
            using var ann = await Peer.ReadyAsync(new Uri($"ws://127.0.0.1:{port}/chat"));
            using var bob = await Peer.ReadyAsync(new Uri($"ws://127.0.0.1:{port}/chat"));
            await ann.SendAsync(Peer.Data(1, """{"name":"ann","text":"is here"}"""));
            Assert.Equal("ann", (string)(await ann.NextAsync("data"))["b"]!["name"]!);
            await bob.SendAsync(Peer.Data(1, """{"name":"bob","text":"hello ann"}"""));
            var heard = (await ann.NextAsync("data"))["b"]!;
            Assert.Equal(("bob", "hello ann"), ((string)heard["name"]!, (string)heard["text"]!));
            await bob.SendAsync(Peer.Data(2, """{"name":"bob"}"""));
            await bob.NextAsync("data");
            Assert.NotNull((await bob.NextAsync("data"))["b"]!["error"]);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static IEnumerable<(string Path, string Text)> Files(string guide) => Block().Matches(guide).Select(static m => (m.Groups["path"].Value, m.Groups["text"].Value));

    private static async Task RunAsync(Folder own, string folder, params string[] arguments)
    {
        using var process = Start(own, folder, arguments);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}\n{await output}{await errors}");
    }

    private static Process Start(Folder own, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        // A cache of its own: the version is that of every build, and the user's cache may have another one of it.
        start.Environment["NUGET_PACKAGES"] = Path.Combine(own.Path, "packages");
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        return Process.Start(start)!;
    }

    private static async Task StartedAsync(Process server)
    {
        var lines = new StringBuilder();
        while (await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            lines.AppendLine(line);
            if (line.Contains("Application started", StringComparison.Ordinal))
            {
                // What follows is read as well, so that the server never waits for room to write.
                server.BeginErrorReadLine();
                _ = server.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        Assert.Fail($"The server ended before it had started.\n{lines}{await server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    internal static string RootOf([CallerFilePath] string here = "")
    {
        var folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Airlock.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No Airlock.slnx above {here}.");
    }

    [GeneratedRegex(@"^```\w+ file=(?<path>\S+)\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    private sealed class Folder : IDisposable
    {
        internal string Path { get; } = Directory.CreateTempSubdirectory("airlock-guide-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
