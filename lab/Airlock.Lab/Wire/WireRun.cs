using System.Collections.Concurrent;
using System.Globalization;
using Airlock.Lab.Running;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Wire;

/// <summary>Runs scenarios over the wire, some halves at a time, and judges their histories.</summary>
internal sealed class WireRun
{
    // Processes mostly start and wait: a few at a time keep two cores busy.
    private const int AtOnce = 3;

    /// <summary>The hosts' executable; null if there is an address.</summary>
    public string? Hosts { get; init; }

    /// <summary>A server that runs already; null to start the subjects.</summary>
    public Uri? Url { get; init; }

    /// <summary>What to show there: a client the first, the next client the next, and round again; none for nothing.</summary>
    public IReadOnlyList<string> Tokens { get; init; } = [];

    /// <summary>What to send there.</summary>
    public string? Message { get; init; }

    /// <summary>Whether this is the short form.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Where histories are kept.</summary>
    public required string Folder { get; init; }

    /// <summary>What figures are judged by; the short form judges success and 1011 only.</summary>
    public Budgets Budgets { get; init; } = new();

    /// <summary>Told after each half how many are done, and how many there are.</summary>
    public Action<int, int>? Progressed { get; init; }

    /// <summary>Told when a scenario is done.</summary>
    public Action<WireResult>? Done { get; init; }

    /// <summary>Programs that are missing on this machine.</summary>
    public static IReadOnlyList<string> MissingPrograms { get; } =
        [.. new[] { ("nginx", Intermediary.NginxProgram), ("haproxy", Intermediary.HaproxyProgram) }.Where(static p => p.Item2 is null).Select(static p => p.Item1)];

    /// <summary>Runs them.</summary>
    /// <param name="scenarios">Which.</param>
    /// <param name="stopped">Ends the run; what has not run is left out.</param>
    public async Task<IReadOnlyList<WireResult>> RunAsync(IReadOnlyList<WireScenario> scenarios, CancellationToken stopped)
    {
        Directory.CreateDirectory(Folder);
        var halves = new ConcurrentDictionary<WireScenario, ConcurrentBag<WireHalf>>();
        var results = new ConcurrentDictionary<WireScenario, WireResult>();
        foreach (var scenario in scenarios.Where(static scenario => scenario.Programs.Any(MissingPrograms.Contains)))
        {
            Finish(scenario, [], $"skipped: {string.Join(" and ", scenario.Programs.Where(MissingPrograms.Contains))} not installed");
        }

        var jobs = scenarios.Where(scenario => !results.ContainsKey(scenario)).SelectMany(scenario => Subjects(scenario).Select(subject => (Scenario: scenario, subject.Subject, subject.Role))).ToList();
        var done = 0;
        foreach (var (group, atOnce) in new[] { (jobs.Where(static job => !job.Scenario.RunsAlone), AtOnce), (jobs.Where(static job => job.Scenario.RunsAlone), 1) })
        {
            try
            {
                await Parallel.ForEachAsync(group, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = stopped }, async (job, _) =>
                {
                    var half = await RunHalfAsync(job.Scenario, job.Subject, job.Role, stopped);
                    var bag = halves.GetOrAdd(job.Scenario, static _ => []);
                    bag.Add(half);
                    Progressed?.Invoke(Interlocked.Increment(ref done), jobs.Count);
                    if (!stopped.IsCancellationRequested && bag.Count == jobs.Count(other => other.Scenario == job.Scenario))
                    {
                        Finish(job.Scenario, bag, null);
                    }
                });
            }
            catch (OperationCanceledException) when (stopped.IsCancellationRequested)
            {
                break;
            }
        }

        return [.. scenarios.Where(results.ContainsKey).Select(scenario => results[scenario])];

        void Finish(WireScenario scenario, IEnumerable<WireHalf> of, string? skipped)
        {
            var result = Judge(scenario, [.. of.OrderBy(static half => half.Role switch { "red" => 0, "clean" => 1, "green" => 2, _ => 3 }).ThenBy(static half => half.Subject)], skipped);
            if (results.TryAdd(scenario, result))
            {
                Done?.Invoke(result);
            }
        }
    }

    private IEnumerable<(WireSubject Subject, string Role)> Subjects(WireScenario scenario)
    {
        if (Url is null && scenario.Fault is { } fault)
        {
            yield return (new WireSubject("legacy", fault), "red");
            yield return (WireSubject.Clean, "clean");
        }

        yield return (WireSubject.Airlock, "green");
        foreach (var other in Url is null ? scenario.Reported : [])
        {
            yield return (other, "reported");
        }
    }

    private async Task<WireHalf> RunHalfAsync(WireScenario scenario, WireSubject subject, string role, CancellationToken stopped)
    {
        var start = TimeProvider.System.GetTimestamp();
        string? error = null;
        var hangs = false;
        var world = new WireWorld(subject, Hosts ?? "", stopped, Url, Tokens) { IsQuick = IsQuick, Message = Message, Budgets = Budgets };
        await using (world)
        {
            try
            {
                await scenario.RunAsync(world);
                await world.FinishAsync();
            }
            catch (WireException e)
            {
                error = e.Message;
            }
            catch (TimeoutException)
            {
                hangs = true;
            }
            catch (OperationCanceledException) when (stopped.IsCancellationRequested)
            {
                error = "interrupted";
            }
            catch (Exception e)
            {
                // The edge: what a scenario did not foresee is an error of its half, and the others go on.
                error = $"{e.GetType().Name}: {e.Message}";
            }
        }

        var history = Path.Combine(Folder, $"{scenario.Name}.{subject.Name.Replace(':', '-')}.ndjson");
        await using (var writer = new StreamWriter(history))
        {
            world.History.Write(writer);
        }

        var entries = world.History.Entries;
        var trace = HistoryTrace.Of(entries);
        var violations = HistoryTrace.CheckersFor(Url is null && subject.HasLog).Select(checker => (checker.Name, Text: checker.Check(trace))).Where(static found => found.Text is not null).Select(static found => new WireViolation(found.Name, found.Text!)).ToList();
        if (hangs)
        {
            violations.Add(new WireViolation("comes-to-an-end", string.Create(CultureInfo.InvariantCulture, $"After {WireWorld.Patience.TotalSeconds:0} s something that had to come had not come.")));
        }

        return new WireHalf
        {
            Subject = subject.Name,
            Role = role,
            Dialed = entries.Count(static e => e is { What: "dial", Type: "invoke" }),
            Ready = entries.Count(static e => e.What == "ready"),
            Sent = entries.Count(static e => e is { What: "send", Type: "invoke" }),
            Answered = entries.Count(static e => e is { What: "send", Type: "ok" }),
            Refused = entries.Count(static e => e is { What: "send", Type: "fail" }),
            Unknown = entries.Count(static e => e is { What: "send", Type: "info" }),
            Ends = entries.Where(static e => e.What == "close").GroupBy(static e => $"{e.Code} {e.Cause}".TrimEnd()).OrderBy(static g => g.Key).ToDictionary(static g => g.Key, static g => g.Count()),
            Violations = violations,
            Figures = world.Figures.ToDictionary(static f => f.Name, static f => f.Value),
            History = history,
            Error = error,
            DurationSeconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds,
        };
    }

    private static WireResult Judge(WireScenario scenario, IReadOnlyList<WireHalf> halves, string? skipped)
    {
        var problems = new List<string>();
        foreach (var half in halves.Where(static half => half.Role != "reported"))
        {
            if (half.Error is { } error)
            {
                problems.Add($"{half.Subject}: {error}");
            }
            else if (half.Role == "red")
            {
                if (!half.Violations.Any(violation => violation.Checker == scenario.Invariant.Name))
                {
                    problems.Add($"{half.Subject} no longer violates {scenario.Invariant.Name}: the scenario would not notice the fault.");
                }
            }
            else
            {
                problems.AddRange(half.Violations.Select(violation => $"{half.Subject} violates {violation.Checker}: {violation.Text}"));
                if (half.Answered == 0 && half.Role == "green")
                {
                    problems.Add($"{half.Subject} answered nothing: nothing was put to the test.");
                }
            }
        }

        return new WireResult
        {
            Name = scenario.Name,
            Suite = ScenarioCatalog.NameOf(scenario.Suite),
            Category = scenario.Category,
            Difficulty = scenario.Difficulty.ToString(),
            Source = scenario.Source,
            Claim = scenario.Claim,
            Invariant = scenario.Invariant.Name,
            RedHalf = scenario.Fault is LegacyFault fault ? $"legacy:{fault}" : null,
            Verdict = skipped is not null ? "skipped" : halves.Any(static half => half is { Error: not null, Role: not "reported" }) ? "error" : problems.Count > 0 ? "fails" : "holds",
            Problems = skipped is null ? problems : [skipped],
            Halves = halves,
        };
    }
}
