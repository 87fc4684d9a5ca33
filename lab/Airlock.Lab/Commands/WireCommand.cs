using System.CommandLine;
using System.Globalization;
using Airlock.Lab.Running;
using Airlock.Lab.Wire;
using Spectre.Console;

namespace Airlock.Lab.Commands;

/// <summary><c>wire</c>: the same invariants over real sockets and processes.</summary>
internal static class WireCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(LabConsole console)
    {
        var url = new Argument<string?>("url") { Description = "A server that runs already (ws:// or http://): only what needs no process of its own is run. Without it the subjects are started.", Arity = ArgumentArity.ZeroOrOne };
        var suite = new Option<string[]>("--suite") { Description = "Only these suites, by name or priority.", AllowMultipleArgumentsPerToken = true };
        var scenario = new Option<string[]>("--scenario") { Description = "Only these scenarios.", AllowMultipleArgumentsPerToken = true };
        var quick = new Option<bool>("--quick") { Description = "The short form: fewer connects, cuts and containers." };
        var hosts = new Option<string?>("--hosts") { Description = "The dll of the subjects' hosts, if it is not beside the lab." };
        var histories = new Option<string>("--histories") { Description = "The folder for the histories (NDJSON).", DefaultValueFactory = static _ => Path.Combine("artifacts", "lab", "wire") };
        var json = new Option<string?>("--json") { Description = "Write everything as JSON." };
        var token = new Option<string?>("--token") { Description = "The token to show to a server that runs already. Without it: the sign-in of the server's own page where there is one, else nothing." };
        var message = new Option<string>("--message") { Description = "The JSON to send to a server that runs already.", DefaultValueFactory = static _ => Probing.MessageOfDefault };
        var command = new Command("wire", "Runs scenarios over real sockets, proxies and processes, and judges their histories by the checkers of the simulation.") { url, suite, scenario, quick, hosts, histories, json, token, message };
        command.SetAction(async (parsed, _) =>
        {
            var scenarios = Choose(parsed.GetValue(suite) ?? [], parsed.GetValue(scenario) ?? []);
            Uri? address = null;
            List<string> tokens = [];
            if (parsed.GetValue(url) is { } text)
            {
                if (!ProbeOptions.TryParseUrl(text, out address, out var problem))
                {
                    return console.Refuse(problem);
                }

                if (address.Scheme != "ws" || !address.IsLoopback)
                {
                    return console.Refuse("The fault proxy of wire stands in front of servers of this machine only, without TLS: ws://localhost:PORT/path. For others use probe.");
                }

                scenarios = [.. scenarios.Where(static each => each.ServesUrl)];
                var options = new ProbeOptions { Url = address, Count = 1, Token = parsed.GetValue(token), Message = parsed.GetValue(message)! };
                var one = await new Probing(options).RunAsync(console.Interrupted);
                if (one.Succeeded == 0)
                {
                    ProbeCommand.PrintFailures(console, one);
                    return ExitCodes.Unexpected;
                }

                // A user may have so many sessions only: with the page's own sign-in each client is another.
                using var source = new CredentialSource(options);
                while (tokens.Count < (options.Token is null ? 100 : 1) && await source.TokenAsync(tokens.Count, console.Interrupted) is { } shown)
                {
                    tokens.Add(shown);
                }
            }

            try
            {
                return await RunAsync(console, scenarios, address, parsed.GetValue(json), new WireRun
                {
                    Hosts = address is null ? HostedServer.Find(parsed.GetValue(hosts)) : null,
                    Url = address,
                    Tokens = tokens,
                    Message = address is null ? null : parsed.GetValue(message),
                    IsQuick = parsed.GetValue(quick),
                    Folder = parsed.GetValue(histories)!,
                    Done = result => Print(console, result),
                });
            }
            catch (Exception e) when (e is WireException or IOException or UnauthorizedAccessException)
            {
                return console.Refuse(e.Message);
            }
        });
        return command;
    }

    private static IReadOnlyList<WireScenario> Choose(string[] suites, string[] names)
    {
        foreach (var name in names.Where(static name => !AllWireScenarios.List.Any(each => each.Name == name)))
        {
            throw UnknownNameException.Of("wire scenario", name, AllWireScenarios.List.Select(static each => each.Name));
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
        var table = new Table().AddColumns("suite", "scenario", "subject", "half", "dials", "ready", "answered", "ends", "verdict", "s");
        foreach (var result in results)
        {
            foreach (var half in result.Halves)
            {
                table.AddRow([.. new[]
                {
                    result.Suite, result.Name, half.Subject, half.Role, Number(half.Dialed), Number(half.Ready), $"{half.Answered} of {half.Sent}",
                    string.Join(", ", half.Ends.Select(static end => $"{end.Value} x {end.Key}")),
                    half.Error ?? (half.Violations.Count == 0 ? "clean" : string.Join(", ", half.Violations.Select(static violation => violation.Checker))),
                    half.DurationSeconds.ToString("0.0", CultureInfo.InvariantCulture),
                }.Select(static cell => new Text(cell))]);
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
