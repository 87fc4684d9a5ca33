using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Airlock.Hostile.Faults;

/// <summary>A process of node in which JavaScript clients live.</summary>
internal sealed class JsFleet : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentDictionary<int, Client> _clients = new();
    private readonly Task _reading;
    private int _count;

    private JsFleet(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Whether node and the client's packages are there.</summary>
    public static bool IsThere(string root) => Directory.Exists(Path.Combine(root, "clients/js/node_modules/ws"));

    public static JsFleet Start(string root)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(root, "bench/Airlock.Hostile/Faults/clients.js")]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        return new JsFleet(Process.Start(start)!);
    }

    /// <param name="first">The token until its first end.</param>
    /// <param name="later">The token from then on.</param>
    public FaultClient Open(Uri server, string first, string later)
    {
        var client = new Client(this, Interlocked.Increment(ref _count));
        _clients[client.Id] = client;
        Write(new { op = "open", id = client.Id, url = server, token = first, later });
        return client;
    }

    /// <summary>Sends the process a signal by its name.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private void Write(object command)
    {
        lock (_process)
        {
            try
            {
                _process.StandardInput.WriteLine(JsonSerializer.Serialize(command));
                _process.StandardInput.Flush();
            }
            catch (IOException)
            {
                // It was killed.
            }
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (JsonNode.Parse(line) is JsonObject told && _clients.TryGetValue((int)told["id"]!, out var client))
            {
                client.Note(told);
            }
        }
    }

    private sealed class Client(JsFleet fleet, int id) : FaultClient
    {
        public int Id => id;

        public override void Send(string text) => fleet.Write(new { op = "send", id, text });

        public override void Close() => fleet.Write(new { op = "close", id });

        public override ValueTask DisposeAsync()
        {
            Close();
            return ValueTask.CompletedTask;
        }

        internal void Note(JsonObject told)
        {
            switch ((string)told["what"]!)
            {
                case "ready":
                    NoteReady((string)told["connection"]!);
                    break;
                case "end":
                    NoteEnd((string?)told["connection"], (string)told["cause"]!);
                    break;
                case "echo":
                    NoteEcho();
                    break;
                case "refused":
                    NoteRefused((string)told["cause"]!);
                    break;
                case "stopped":
                    NoteStopped();
                    break;
            }
        }
    }
}
