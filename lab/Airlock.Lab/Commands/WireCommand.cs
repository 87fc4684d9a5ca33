using System.CommandLine;
using System.Globalization;
using Airlock.Lab.Running;
using Airlock.Lab.Wire;
using Spectre.Console;

namespace Airlock.Lab.Commands;

/// <summary><c>wire</c>: the same invariants over real sockets and processes.</summary>
internal static class WireCommand
{
    // Below, columns are torn apart.
    private const int WidthOfAll = 140;

    /// <summary>Makes the command.</summary>
    public static Command Create(LabConsole console)
    {
        var against = new Option<string?>("--against") { Description = "The same as the argument: the check after a deploy, of a server that runs already." };
        var limits = new LimitOptions();
        var url = new Argument<string?>("url") { Description = "A server that runs already (ws:// or http://): only what needs no process of its own is run. Without it the subjects are started.", Arity = ArgumentArity.ZeroOrOne };
        var suite = new Option<string[]>("--suite") { Description = "Only these suites, by name or priority.", AllowMultipleArgumentsPerToken = true };
        var scenario = new Option<string[]>("--scenario") { Description = "Only these scenarios.", AllowMultipleArgumentsPerToken = true };
        var quick = new Option<bool>("--quick") { Description = "The short form: fewer connects, cuts and containers." };
        var hosts = new Option<string?>("--hosts") { Description = "The dll of the subjects' hosts, if it is not beside the lab." };
        var histories = new Option<string>("--histories") { Description = "The folder for the histories (NDJSON).", DefaultValueFactory = static _ => Path.Combine("artifacts", "lab", "wire") };
        var json = new Option<string?>("--json") { Description = "Write everything as JSON." };
        var token = new Option<string?>("--token") { Description = "The token to show to a server that runs already. Without it: the sign-in of the server's own page where there is one, else nothing." };
        var message = new Option<string>("--message") { Description = "The JSON to send to a server that runs already.", DefaultValueFactory = static _ => Probing.MessageOfDefault };
        var command = new Command("wire", "Runs scenarios over real sockets, proxies and processes, and judges their histories by the checkers of the simulation.") { url, against, suite, scenario, quick, hosts, histories, json, token, message };
        limits.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var scenarios = Choose(parsed.GetValue(suite) ?? [], parsed.GetValue(scenario) ?? []);
            Uri? address = null;
            ProbeOptions? options = null;
            List<string> tokens = [];
            if ((parsed.GetValue(against) ?? parsed.GetValue(url)) is { } text)
            {
                if (!ProbeOptions.TryParseUrl(text, out address, out var problem))
                {
                    return console.Refuse(problem);
                }

                if (address.Scheme != "ws" || !address.IsLoopback)
                {
                    return console.Refuse($"The fault proxy of wire stands in front of servers of this machine only, without TLS: ws://localhost:PORT/path. For others: airlock-lab probe {text}");
                }

                if (scenarios.Where(static each => !each.ServesUrl).Select(static each => each.Name).ToList() is { Count: > 0 } unserved && scenarios.Count < AllWireScenarios.List.Count)
                {
                    console.Out.WriteLine($"left out, because they start servers of their own: {string.Join(", ", unserved)}");
                }

                scenarios = [.. scenarios.Where(static each => each.ServesUrl)];
                options = new ProbeOptions { Url = address, Count = 1, Token = parsed.GetValue(token), Message = parsed.GetValue(message)!, Budgets = limits.Of(parsed) };
                var one = await new Probing(options).RunAsync(console.Interrupted);
                if (one.Succeeded == 0)
                {
                    ProbeCommand.PrintFailures(console, one);
                    return ExitCodes.Unexpected;
                }

                try
                {
                    // A user may have so many sessions only: with the page's own sign-in each client is another.
                    using var source = new CredentialSource(options);
                    await source.LookForSignInAsync(console.Interrupted);
                    while (tokens.Count < (options.Token is null ? 100 : 1) && await source.TokenAsync(tokens.Count, console.Interrupted) is { } shown)
                    {
                        tokens.Add(shown);
                    }
                }
                catch (Exception e) when (e is WireException or HttpRequestException)
                {
                    return console.Refuse(e.Message);
                }
                catch (OperationCanceledException) when (console.Interrupted.IsCancellationRequested)
                {
                    return ExitCodes.Interrupted;
                }
            }

            try
            {
                Progress? progress = null;
                var code = await RunAsync(console, scenarios, address, parsed.GetValue(json), new WireRun
                {
                    Budgets = limits.Of(parsed),
                    Hosts = address is null ? HostedServer.Find(parsed.GetValue(hosts)) : null,
                    Url = address,
                    Tokens = tokens,
                    Message = address is null ? null : parsed.GetValue(message),
                    IsQuick = parsed.GetValue(quick),
                    Folder = parsed.GetValue(histories)!,
                    Done = result =>
                    {
                        progress?.Clear();
                        Print(console, result);
                    },
                    Progressed = (done, count) => (progress ??= new Progress(console, "runs", count)).Report(done),
                });
                progress?.Clear();
                return options is null || code is ExitCodes.Unexpected or ExitCodes.Interrupted ? code : await MeasureAsync(console, options, parsed.GetValue(quick), code);
            }
            catch (Exception e) when (e is WireException or IOException or UnauthorizedAccessException)
            {
                return console.Refuse(e.Message);
            }
        });
        return command;
    }

    /// <summary>Measures a server that runs already, and judges it by the limits; the short form judges success and 1011 only.</summary>
    private static async Task<int> MeasureAsync(LabConsole console, ProbeOptions options, bool isQuick, int code)
    {
        options = options with { Count = isQuick ? 20 : new ProbeOptions { Url = options.Url }.Count };
        var progress = new Progress(console, "walks", options.Count);
        var report = await new Probing(options, done => progress.Report(done)).RunAsync(console.Interrupted);
        progress.Clear();
        ProbeCommand.Print(console, report);
        var judged = isQuick ? [options.Budgets.JudgeSuccess(report.SuccessRate), .. report.Limits.Where(static limit => limit.Name.Contains("1011", StringComparison.Ordinal))] : report.Limits;
        return console.Interrupted.IsCancellationRequested ? ExitCodes.Interrupted : ProbeCommand.PrintLimits(console, judged) ? code : ExitCodes.Race;
    }

    private static IReadOnlyList<WireScenario> Choose(string[] suites, string[] names)
    {
        foreach (var name in names.Where(static name => !AllWireScenarios.List.Any(each => each.Name == name)))
        {
            throw ScenarioCatalog.Lab.All.Any(each => each.Name == name)
                ? new UnknownNameException($"{name} runs in the simulation: airlock-lab run --scenario {name}.")
                : UnknownNameException.Of("wire scenario", name, AllWireScenarios.List.Select(static each => each.Name));
        }

        var known = AllWireScenarios.List.Select(static each => each.Suite).Distinct().ToList();
        var wanted = suites.Select(name => known.Where(each => ScenarioCatalog.NameOf(each) == name || ((int)each).ToString(CultureInfo.InvariantCulture) == name).Cast<Scenarios.Suite?>().FirstOrDefault()
            ?? throw UnknownNameException.Of("suite with wire scenarios", name, known.Select(ScenarioCatalog.NameOf))).ToHashSet();
        return suites.Length + names.Length == 0 ? AllWireScenarios.List : [.. AllWireScenarios.List.Where(each => wanted.Contains(each.Suite) || names.Contains(each.Name))];
    }

    private static async Task<int> RunAsync(LabConsole console, IReadOnlyList<WireScenario> scenarios, Uri? address, string? json, WireRun run)
    {
        if (ReportFile.ProblemOf(json) is { } why)
        {
            return console.Refuse(why);
        }

        var (started, start) = (DateTimeOffset.UtcNow, TimeProvider.System.GetTimestamp());
        console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{scenarios.Count} scenarios over the wire{(address is null ? "" : $" against {address}")}; histories in {run.Folder}"));
        foreach (var program in WireRun.MissingPrograms)
        {
            console.Out.WriteLine($"missing: {program} (the scenarios that need it are skipped)");
        }

        var results = await run.RunAsync(scenarios, console.Interrupted);
        var code = console.Interrupted.IsCancellationRequested ? ExitCodes.Interrupted
            : results.Any(static result => result.Verdict == "error") || results.All(static result => result.Verdict == "skipped") ? ExitCodes.Unexpected
            : results.Any(static result => result.Verdict == "fails") ? ExitCodes.Race
            : ExitCodes.Holds;
        var seconds = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        PrintTable(console, results);
        console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Count("holds")} hold, {Count("fails")} fail, {Count("error")} could not be run, {Count("skipped")} skipped, in {seconds:0.0} s.{(code == ExitCodes.Interrupted ? " Interrupted." : "")}"));
        if (json is not null)
        {
            await File.WriteAllTextAsync(json, new WireReport { StartedAt = started, DurationSeconds = seconds, Interrupted = code == ExitCodes.Interrupted, ExitCode = code, Scenarios = results }.ToJson());
        }

        return code;

        int Count(string verdict) => results.Count(result => result.Verdict == verdict);
    }

    private static void Print(LabConsole console, WireResult result)
    {
        lock (console)
        {
            console.Out.WriteLine($"{result.Verdict,-8} {result.Name}");
            foreach (var problem in result.Problems)
            {
                console.Out.WriteLine($"         {problem}");
            }
        }
    }

    private static void PrintTable(LabConsole console, IReadOnlyList<WireResult> results)
    {
        (string Name, Func<WireResult, WireHalf, string> Of)[] all =
        [
            ("suite", static (result, _) => result.Suite),
            ("scenario", static (result, _) => result.Name),
            ("subject", static (_, half) => half.Subject),
            ("half", static (_, half) => half.Role),
            ("dials", static (_, half) => Number(half.Dialed)),
            ("ready", static (_, half) => Number(half.Ready)),
            ("answered", static (_, half) => $"{half.Answered} of {half.Sent}"),
            ("ends", static (_, half) => string.Join(", ", half.Ends.Select(static end => $"{end.Value} x {end.Key}"))),
            ("verdict", static (_, half) => half.Error ?? (half.Violations.Count == 0 ? "clean" : string.Join(", ", half.Violations.Select(static violation => violation.Checker)))),
            ("s", static (_, half) => half.DurationSeconds.ToString("0.0", CultureInfo.InvariantCulture)),
        ];
        // A narrow window has room for what was examined and what came out.
        string[] few = ["scenario", "subject", "answered", "verdict"];
        var columns = console.Ansi.Profile.Width >= WidthOfAll ? all : all.Where(column => few.Contains(column.Name)).ToArray();
        var table = new Table().AddColumns(columns.Select(static column => column.Name).ToArray());
        foreach (var result in results)
        {
            foreach (var half in result.Halves)
            {
                table.AddRow([.. columns.Select(column => new Text(column.Of(result, half)))]);
            }
        }

        console.Ansi.Write(table);
        foreach (var (result, half) in results.SelectMany(static result => result.Halves.Select(half => (result, half))))
        {
            foreach (var (name, value) in half.Figures)
            {
                console.Out.WriteLine($"{result.Name}, {half.Subject}: {name}: {value}");
            }
        }

        static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
    }
}
