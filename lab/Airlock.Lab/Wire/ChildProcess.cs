using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Airlock.Lab.Wire;

/// <summary>A program that the lab has started and ends, by its id, whatever happens to the lab short of being killed.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private static readonly ConcurrentDictionary<int, Process> _running = new();
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lastLines = new();

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        foreach (var process in _running.Values)
        {
            Kill(process);
        }
    };

    private ChildProcess(string name, Process process) => (Name, _process) = (name, process);

    /// <summary>What the lab calls it.</summary>
    public string Name { get; }

    /// <summary>Completes when it has ended.</summary>
    public Task Exited { get; private set; } = Task.CompletedTask;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => Exited.IsCompleted;

    /// <summary>What it said last, for whoever has to tell why it failed.</summary>
    public string LastWords => string.Join(' ', _lastLines);

    /// <summary>Starts it.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Environment variables besides the lab's own.</param>
    /// <param name="heard">Told each line, and whether it was printed as a result rather than as an error.</param>
    /// <exception cref="WireException">It cannot be started.</exception>
    public static ChildProcess Start(string name, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, Action<string, bool>? heard = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new WireException($"{name} cannot be started: {e.Message}");
        }

        var child = new ChildProcess(name, process);
        _running[process.Id] = process;
        child.Exited = Task.WhenAll(child.ReadAsync(process.StandardOutput, isOutput: true, heard), child.ReadAsync(process.StandardError, isOutput: false, heard), process.WaitForExitAsync());
        return child;
    }

    /// <summary>Writes a line to its standard input.</summary>
    public void WriteLine(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Asks it to end (SIGTERM).</summary>
    public void Terminate()
    {
        if (!HasExited)
        {
            _ = Signal(_process.Id, SigTerm);
        }
    }

    /// <summary>Ends it at once.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill(_process);
        await Exited;
        _running.TryRemove(_process.Id, out _);
        _process.Dispose();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }

    private async Task ReadAsync(StreamReader reader, bool isOutput, Action<string, bool>? heard)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            heard?.Invoke(line, isOutput);
            _lastLines.Enqueue(line);
            while (_lastLines.Count > 5)
            {
                _lastLines.TryDequeue(out _);
            }
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);
}
