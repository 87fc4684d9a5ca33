using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Airlock.AspNetCore.Tests;

/// <summary>
/// What the guide says, done as it stands: new projects, the packages from a feed of their own, the files from the guide's blocks. Beside its chat, which runs,
/// stands a console project with the program from the .NET client's README.
/// </summary>
public sealed partial class GuideApp : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("airlock-guide-").FullName;
    private Process? _server;

    /// <summary>Where the chat listens.</summary>
    internal Uri Address { get; private set; } = null!;

    /// <summary>The folder that has <c>Airlock.slnx</c>.</summary>
    internal static string Root { get; } = RootOf();

    public async ValueTask InitializeAsync()
    {
        try
        {
            await BuildAsync();
            Address = new Uri($"http://127.0.0.1:{FreePort()}");
            _server = Start("dotnet", Path.Combine(_folder, "Chat"), Program("Chat"), "--urls", Address.OriginalString);
            await StartedAsync(_server);
        }
        catch
        {
            // A fixture whose start has failed is not disposed.
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await EndAsync(_server);
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Runs the README's program, with its address and token replaced, to its end.</summary>
    /// <returns>The lines that it prints.</returns>
    internal async Task<string[]> VisitAsync() => (await RunAsync("dotnet", _folder, Program("Visitor"))).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Runs a program to its end, which must be a success.</summary>
    /// <returns>What it prints.</returns>
    internal async Task<string> RunAsync(string program, string folder, params string[] arguments)
    {
        var process = Start(program, folder, arguments);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{await output}{await errors}");
            return await output;
        }
        finally
        {
            await EndAsync(process);
        }
    }

    private async Task BuildAsync()
    {
        // What is packed is what this test was built with: artifacts/bin/<project>/<configuration>/.
        var built = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var feed = Path.Combine(_folder, "feed");
        string[] packages = ["Airlock.Core", "Airlock", "Airlock.AspNetCore", "Airlock.Client"];
        var sources = await SolutionAsync("feed", packages.Select(static name => $"{Root}/src/{name}/{name}.csproj"));
        await RunAsync("dotnet", Root, "pack", sources, "--no-build", "-c", built.Name, "--artifacts-path", built.Parent!.Parent!.Parent!.FullName, "-o", feed, "-p:IncludeSymbols=false");
        var version = Path.GetFileNameWithoutExtension(Assert.Single(Directory.GetFiles(feed, "Airlock.Client.*.nupkg")))["Airlock.Client.".Length..];
        Assert.All(packages, package => Assert.True(File.Exists(Path.Combine(feed, $"{package}.{version}.nupkg")), package));

        await NewAsync("web", "Chat", "Airlock.AspNetCore", version);
        await NewAsync("console", "Visitor", "Airlock.Client", version);
        foreach (var (path, text) in await FilesAsync())
        {
            var file = Path.Combine(_folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        }

        var client = Directory.CreateDirectory(Path.Combine(_folder, "Chat/wwwroot/airlock")).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "clients/js/src")))
        {
            File.Copy(file, Path.Combine(client, Path.GetFileName(file)));
        }

        await RunAsync("dotnet", _folder, "build", await SolutionAsync("both", ["Chat/Chat.csproj", "Visitor/Visitor.csproj"]), $"-p:RestoreAdditionalProjectSources={feed}", "--artifacts-path", Path.Combine(_folder, "artifacts"));
    }

    private async Task NewAsync(string template, string name, string package, string version)
    {
        await RunAsync("dotnet", _folder, "new", template, "-o", name, "--no-restore");
        await RunAsync("dotnet", Path.Combine(_folder, name), "add", "package", package, "--version", version, "--no-restore");
    }

    private async Task<string> SolutionAsync(string name, IEnumerable<string> projects)
    {
        var path = Path.Combine(_folder, $"{name}.slnx");
        await File.WriteAllTextAsync(path, $"<Solution>{string.Concat(projects.Select(static project => $"<Project Path=\"{project}\" />"))}</Solution>", TestContext.Current.CancellationToken);
        return path;
    }

    /// <summary>The files of the guide, and the README's program with the two things in it that are the reader's own.</summary>
    private static async Task<IEnumerable<(string Path, string Text)>> FilesAsync()
    {
        var guide = await File.ReadAllTextAsync(Path.Combine(Root, "docs/guide.md"), TestContext.Current.CancellationToken);
        var readme = await File.ReadAllTextAsync(Path.Combine(Root, "src/Airlock.Client/README.md"), TestContext.Current.CancellationToken);
        var program = Assert.Single(CSharp().Matches(readme)).Groups["text"].Value;
        const string Address = "new Uri(\"wss://example.org/chat\")";
        const string Types = "record Answer(string Text);";
        Assert.Contains(Address, program, StringComparison.Ordinal);
        Assert.Contains(Types, program, StringComparison.Ordinal);
        program = program
            .Replace(Address, "new Uri(Environment.GetEnvironmentVariable(\"CHAT\")!)", StringComparison.Ordinal)
            .Replace(Types, $"static ValueTask<string?> GetTokenAsync(CancellationToken cancellation) => new((string?)null);\n\n{Types}", StringComparison.Ordinal);
        return Block().Matches(guide).Select(static block => (block.Groups["path"].Value, block.Groups["text"].Value)).Append(("Visitor/Program.cs", program));
    }

    private string Program(string project) => Path.Combine(_folder, "artifacts", "bin", project, "debug", $"{project}.dll");

    private Process Start(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        // A cache of its own: the version is that of every build, and the user's cache may have another one of it.
        start.Environment["NUGET_PACKAGES"] = Path.Combine(_folder, "packages");
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["CHAT"] = Address is null ? null : new Uri(Address, "/chat").OriginalString;
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

    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string RootOf([CallerFilePath] string here = "")
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

    [GeneratedRegex(@"^```csharp\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CSharp();
}
