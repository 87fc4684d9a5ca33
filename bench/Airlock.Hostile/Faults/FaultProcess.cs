using System.Globalization;
using Airlock.Lab.Wire;

namespace Airlock.Hostile.Faults;

/// <summary>The server that faults are injected at, in a process of its own, which can be killed or stopped. It ends with the injector.</summary>
internal sealed class FaultProcess : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly ChildProcess _process;
    private Task? _killed;

    private FaultProcess(ChildProcess process) => _process = process;

    /// <summary>Starts it.</summary>
    /// <param name="port">Where it listens.</param>
    /// <exception cref="WireException">It does not start.</exception>
    public static async Task<FaultProcess> StartAsync(int port)
    {
        var listens = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(FaultProcess).Assembly.Location] : [];
        var process = ChildProcess.Start("server", Environment.ProcessPath!, [.. program, "fault-host"], heard: (line, isOutput) =>
        {
            if (line == "listens")
            {
                listens.TrySetResult();
            }
            else if (isOutput)
            {
                FaultHost.Log.Hear(line);
            }
        });
        try
        {
            // The key goes through the input: a command line can be read by everybody on the machine.
            process.WriteLine($"{port} {FaultHost.Tokens.Key}");
            await Task.WhenAny(listens.Task, process.Exited).WaitAsync(_patience);
            return listens.Task.IsCompleted ? new FaultProcess(process) : throw new WireException($"The server does not start: {process.LastWords}");
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the process does: it serves until it is asked to end, or the injector is no more.</summary>
    public static async Task<int> RunAsync()
    {
        var words = (await Console.In.ReadLineAsync() ?? "").Split(' ');
        FaultHost.Tokens = new Hosting.Tokens(words[1]);
        FaultHost.Log.Teller = Console.Out;
        await using var host = await FaultHost.StartAsync(port: int.Parse(words[0], CultureInfo.InvariantCulture));
        Console.WriteLine("listens");
        await Task.WhenAny(host.StoppedAsync(), Task.Run(static () => Console.In.ReadToEnd()));
        return 0;
    }

    /// <summary>Asks it to end (SIGTERM), and waits until it has.</summary>
    public async Task StopAsync()
    {
        _process.Terminate();
        await _process.Exited.WaitAsync(_patience);
    }

    /// <summary>Kills it, if it has not ended.</summary>
    public ValueTask DisposeAsync() => new(_killed ??= _process.DisposeAsync().AsTask());
}
