using System.Globalization;

namespace Airlock.Lab.Wire;

/// <summary>A subject on real Kestrel in a process of its own (<c>Airlock.Lab.Hosts</c>).</summary>
internal sealed class HostedServer : IAsyncDisposable
{
    // Only a guard against a host that hangs.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly ChildProcess? _process;

    private HostedServer(ChildProcess? process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Completes when the process has ended, and everything it logged has been read.</summary>
    public Task Exited => _process?.Exited ?? Task.CompletedTask;

    /// <summary>A server that runs already, which the lab neither starts nor ends.</summary>
    /// <param name="address">Where.</param>
    public static HostedServer At(Uri address) => new(null, address);

    /// <summary>Finds the host's executable beside the lab, as every kind of build puts it.</summary>
    /// <param name="named">The path that somebody has given, or null.</param>
    /// <exception cref="WireException">It is nowhere.</exception>
    public static string Find(string? named = null)
    {
        const string Name = "Airlock.Lab.Hosts";
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        // bin/<project>/<configuration>/: the same configuration of the project next door.
        var beside = Path.Combine(here, "..", "..", Name, Path.GetFileName(here), $"{Name}.dll");
        string[] places = named is null ? [beside, Path.Combine(here, $"{Name}.dll")] : [named];
        return places.Where(File.Exists).Select(Path.GetFullPath).FirstOrDefault()
            ?? throw new WireException($"The hosts of the subjects are not built: {string.Join(" and ", places.Select(Path.GetFullPath))} do not exist. Build lab/Airlock.Lab.Hosts, or name its dll with --hosts.");
    }

    /// <summary>Starts a subject and waits until it listens.</summary>
    /// <param name="name">What the history calls it.</param>
    /// <param name="hosts">The host's executable.</param>
    /// <param name="subject">The subject.</param>
    /// <param name="options">How.</param>
    /// <param name="history">Gets what the server logs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="WireException">It does not start.</exception>
    public static async Task<HostedServer> StartAsync(string name, string hosts, WireSubject subject, WireHostOptions options, History history, CancellationToken cancellationToken)
    {
        var listens = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        List<string> arguments =
        [
            hosts, "--subject", subject.Host, "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{options.Port}"),
            "--services-timeout", ((int)options.ServicesTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            // Only what a scenario wants to expire may expire on a machine that is busy.
            "--setup-timeout", "300000",
        ];
        if (subject.Faults != Subjects.Legacy.LegacyFault.None)
        {
            arguments.AddRange(["--faults", subject.Faults.ToString()]);
        }

        if (!options.ServicesUp)
        {
            arguments.Add("--services-on-input");
        }

        if (options.AsksForTokens)
        {
            arguments.AddRange(["--jwt-key", Convert.ToBase64String(WireWorld.Key)]);
        }

        var process = ChildProcess.Start(name, "dotnet", arguments, ServerLog.Environment, (line, isOutput) =>
        {
            if (isOutput && line.IndexOf("listens on ", StringComparison.Ordinal) is >= 0 and var at)
            {
                listens.TrySetResult(new Uri(line[(at + "listens on ".Length)..]));
            }
            else if (!isOutput && ServerLog.Read(line, name) is { } entry)
            {
                history.Add(entry);
            }
        });
        try
        {
            await Task.WhenAny(listens.Task, process.Exited).WaitAsync(_patience, cancellationToken);
            return listens.Task.IsCompletedSuccessfully
                ? new HostedServer(process, await listens.Task)
                : throw new WireException($"The host of {subject.Name} does not start: {process.LastWords}");
        }
        catch (Exception e)
        {
            await process.DisposeAsync();
            throw e is TimeoutException ? new WireException($"The host of {subject.Name} does not say that it listens: {process.LastWords}") : e;
        }
    }

    /// <summary>The service that connections wait for is there.</summary>
    public void BringServicesUp() => _process?.WriteLine("up");

    /// <summary>Asks it to end as an orchestrator does (SIGTERM).</summary>
    public void Terminate() => _process?.Terminate();

    /// <summary>Ends it at once.</summary>
    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;
}
