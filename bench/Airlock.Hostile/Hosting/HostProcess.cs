using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Airlock.Hostile.Hosting;

/// <summary>The server under attack, in a process of its own.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _control;

    private HostProcess(Process process, int port, int controlPort, Tokens tokens)
    {
        _process = process;
        Tokens = tokens;
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
        _control = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{controlPort}/control/"), Timeout = TimeSpan.FromMinutes(2) };
    }

    /// <summary>Where the chat is.</summary>
    public IPEndPoint EndPoint { get; }

    public Tokens Tokens { get; }

    /// <summary>Starts it.</summary>
    /// <exception cref="IOException">It does not start.</exception>
    public static async Task<HostProcess> StartAsync(HostSettings settings, CancellationToken stop)
    {
        var tokens = new Tokens();
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(HostProcess).Assembly.Location);
        }

        start.ArgumentList.Add("host");
        var process = Process.Start(start)!;
        try
        {
            // The key goes through the input: a command line can be read by everybody on the machine.
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(settings with { Key = tokens.Key }).AsMemory(), stop);
            await process.StandardInput.FlushAsync(stop);
            var line = await process.StandardOutput.ReadLineAsync(stop).AsTask().WaitAsync(TimeSpan.FromSeconds(60), stop);
            var ports = (line ?? throw new IOException("The server did not start.")).Split(' ');
            return new HostProcess(process, int.Parse(ports[0], CultureInfo.InvariantCulture), int.Parse(ports[1], CultureInfo.InvariantCulture), tokens);
        }
        catch
        {
            process.Kill();
            process.Dispose();
            throw;
        }
    }

    /// <summary>What it holds.</summary>
    /// <param name="collect">Whether everything is collected first that can be.</param>
    public async Task<Counters> CountAsync(bool collect = false) => (await _control.GetFromJsonAsync<Counters>(collect ? "counters?collect=1" : "counters"))!;

    public Task OpenGateAsync() => PostAsync("gate");

    /// <summary>Resets every TCP connection of the chat.</summary>
    public Task CutAsync() => PostAsync("cut");

    /// <summary>Closes every connection whose session has joined; their clients come back.</summary>
    public Task DisconnectAsync(TimeSpan spread) => PostAsync(string.Create(CultureInfo.InvariantCulture, $"disconnect?spread={spread.TotalMilliseconds}"));

    /// <summary>Sends a message to every session that has joined.</summary>
    /// <returns>To how many it was sent, and how many had no room.</returns>
    public async Task<PushOutcome> PushAsync(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8);
        using var response = await _control.PostAsync(new Uri("push", UriKind.Relative), content);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<PushOutcome>())!;
    }

    public async ValueTask DisposeAsync()
    {
        _control.Dispose();
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task PostAsync(string path)
    {
        using var response = await _control.PostAsync(new Uri(path, UriKind.Relative), null);
        response.EnsureSuccessStatusCode();
    }
}
