using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Airlock.Server.Tests.Processes;

/// <summary>The real server as a process of its own, on a free port of loopback unless told otherwise, with a directory of its own.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly List<(Regex Pattern, TaskCompletionSource<Match> Printed)> _awaited = [];
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Func<string, ProcessStartInfo> start)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("airlock-server-").FullName;
        _process = new Process { StartInfo = start(Directory), EnableRaisingEvents = true };
        _process.StartInfo.RedirectStandardOutput = _process.StartInfo.RedirectStandardError = true;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static TimeSpan Patience { get; } = Airlock.Patience.Max;

    public string Directory { get; }

    public int Id => _process.Id;

    /// <summary>What it has printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseCookies = false });

    public Uri Socket => new UriBuilder(Http.BaseAddress!) { Scheme = "ws", Path = "/chat" }.Uri;

    /// <summary>Starts it and waits until it listens.</summary>
    public static Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings) => StartAsync(directory => Built(directory, [], null, settings));

    /// <summary>Starts it in another way and waits until it listens.</summary>
    /// <param name="start">How, given a directory of its own.</param>
    public static async Task<ServerProcess> StartAsync(Func<string, ProcessStartInfo> start)
    {
        var server = new ServerProcess(start);
        var exited = server._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (await Task.WhenAny(server._address.Task, exited).WaitAsync(Patience) == exited)
        {
            Assert.Fail($"The server ended with {server._process.ExitCode}: {server.Output}");
        }

        server.Http.BaseAddress = await server._address.Task;
        return server;
    }

    /// <summary>Waits until it has printed a line like this.</summary>
    public Task<Match> PrintedAsync(Regex pattern)
    {
        lock (_output)
        {
            var printed = new TaskCompletionSource<Match>(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((pattern, printed));
            if (pattern.Match(_output.ToString()) is { Success: true } found)
            {
                printed.SetResult(found);
            }

            return printed.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Sends a signal by its name, as a terminal or a container's host does.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitedAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>The exit code and what it printed.</returns>
    public static Task<(int ExitCode, string Output)> RunAsync(params (string Name, string Value)[] settings) => RunAsync([], null, settings);

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="file">Its <c>appsettings.json</c>, or null for none but its own.</param>
    /// <param name="settings">Its environment.</param>
    public static Task<(int ExitCode, string Output)> RunAsync(string[] arguments, string? file = null, params (string Name, string Value)[] settings) =>
        RunAsync(directory => Built(directory, arguments, file, settings));

    /// <summary>Runs it in another way to its end.</summary>
    /// <param name="start">How, given a directory of its own.</param>
    public static async Task<(int ExitCode, string Output)> RunAsync(Func<string, ProcessStartInfo> start)
    {
        await using var server = new ServerProcess(start);
        await server._process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return (server._process.ExitCode, server.Output);
    }

    /// <summary>Signs in as the page does.</summary>
    /// <returns>The cookie and a token.</returns>
    public async Task<(string Cookie, string Token)> SignInAsync(string name)
    {
        using var answer = await Http.PostAsJsonAsync("/auth/sign-in", new { name }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        var cookie = answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        return (cookie, (string)(await TokenAsync(cookie))["token"]!);
    }

    public async Task<JsonNode> TokenAsync(string cookie)
    {
        using var answer = await SendAsync(HttpMethod.Post, "/auth/token", cookie);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? cookie = null, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>As it was built, beside these tests.</summary>
    private static ProcessStartInfo Built(string directory, string[] arguments, string? file, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Airlock.Server.dll"), .. arguments])
        {
            WorkingDirectory = directory,
            Environment = { ["HOME"] = directory, ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", ["Agent__Pace"] = "00:00:00", ["DOTNET_NOLOGO"] = "1" },
        };
        // Its user's folder for data is in the directory, too.
        start.Environment.Remove("XDG_DATA_HOME");
        if (file is not null)
        {
            File.WriteAllText(Path.Combine(directory, "appsettings.json"), file);
        }

        foreach (var deadline in new[] { "Hello", "Authentication", "Gate", "Attach", "Pong", "Write" })
        {
            // On a busy machine, too, only a test that sets one sees it pass.
            start.Environment[$"Airlock__Endpoint__Timeouts__{deadline}"] = "00:05:00";
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return start;
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
            foreach (var (pattern, printed) in _awaited)
            {
                if (pattern.Match(line) is { Success: true } match)
                {
                    printed.TrySetResult(match);
                }
            }
        }

        if (Listening().Match(line) is { Success: true } found)
        {
            _address.TrySetResult(new Uri(found.Groups[1].Value.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "127.0.0.1", StringComparison.Ordinal)));
        }
    }

    [GeneratedRegex(@"Now listening on: (http://[^\s""]+)")]
    private static partial Regex Listening();
}
