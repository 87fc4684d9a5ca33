using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Airlock.Hostile;
using Airlock.Hostile.Attacks;
using Airlock.Hostile.Faults;
using Airlock.Hostile.Fuzzing;
using Airlock.Hostile.Hosting;

var fuzz = new Fuzz();
var corpus = new Option<string>("--corpus") { Description = "The folder of the inputs it starts from.", DefaultValueFactory = _ => fuzz.Folder };
var keep = new Option<bool>("--keep") { Description = "Adds inputs to the folder that show something new." };
Attack[] attacks = [new Cycles(), new LateGate(), new SlowLoris(), new Flood(), new NeverRead(), new Ticketing(), new Storm(), fuzz];
var isShort = new Option<bool>("--short") { Description = "The form of a few seconds that ./test runs.", Recursive = true };
var seed = new Option<int>("--seed") { Description = "Where randomness starts, from 1. Default: 1.", DefaultValueFactory = static _ => 1, Recursive = true };
seed.Validators.Add(static result =>
{
    if (!result.Errors.Any() && result.GetValueOrDefault<int>() < 1)
    {
        result.AddError("--seed takes 1 or more.");
    }
});
var root = new RootCommand("""
    Starts a real Airlock server in a process of its own, attacks it from this one, and says what it held.

    Examples:
      airlock-hostile all --short        every attack in its short form
      airlock-hostile cycles             one attack in its long form
      airlock-hostile fuzz --seed 25     other random inputs

    Exit codes: 0 every expectation holds · 2 one does not · 1 wrong use, or the server did not start · 130 interrupted.
    """) { isShort, seed };
var all = new Command("all", "Every attack below, one after another.");
all.SetAction((parsed, stop) => RunAsync(attacks, parsed, stop));
root.Add(all);
foreach (var attack in attacks)
{
    var command = new Command(attack.Name, attack.Summary);
    if (attack == fuzz)
    {
        command.Add(corpus);
        command.Add(keep);
    }

    command.SetAction((parsed, stop) =>
    {
        fuzz.Folder = parsed.GetValue(corpus) ?? fuzz.Folder;
        fuzz.Keeps = parsed.GetValue(keep);
        return RunAsync([attack], parsed, stop);
    });
    root.Add(command);
}

var runs = new Option<int?>("--runs") { Description = "How often each kind of fault. Default: 200; in the short form 10." };
var only = new Option<string?>("--only") { Description = "One kind alone: a name of the table in docs/causes.md." };
var truth = new Option<string>("--truth") { Description = "Where what was done is written, before it is done.", DefaultValueFactory = static _ => "artifacts/faults.jsonl" };
var faults = new Command("faults", "Faults of the path, of proxies, clients and the server, and whether the causes told are true of them.") { runs, only, truth };
faults.SetAction(async (parsed, stop) =>
{
    var report = new Report("faults");
    var brief = parsed.GetValue(isShort);
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(parsed.GetValue(truth)!))!);
    await using var written = new StreamWriter(parsed.GetValue(truth)!) { AutoFlush = true };
    await new FaultInjector(".", written).RunAsync(parsed.GetValue(runs) ?? (brief ? 10 : 200), brief ? 10 : 25, brief ? 60 : 6, parsed.GetValue(only), report, new Progress(), stop);
    Report.Print([report], Console.Out);
    return report.Broken == 0 ? 0 : 2;
});
root.Add(faults);
var host = new Command("host", "The server that is attacked; started by the others.") { Hidden = true };
host.SetAction((_, _) => AttackedHost.RunAsync());
root.Add(host);
var faultHost = new Command("fault-host", "The server that faults are injected at; started by them.") { Hidden = true };
faultHost.SetAction(static (_, _) => FaultProcess.RunAsync());
root.Add(faultHost);
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

async Task<int> RunAsync(Attack[] chosen, ParseResult parsed, CancellationToken stop)
{
    var reports = chosen.Select(static attack => new Report(attack.Name)).ToArray();
    var progress = new Progress();
    if (chosen.Contains(fuzz) && !Corpus.IsThere(fuzz.Folder))
    {
        Console.Error.WriteLine($"There are no inputs in '{fuzz.Folder}'. Run in the root of the repository, or say where they are: fuzz --corpus <folder>.");
        return 1;
    }

    try
    {
        // In the short form several at once: they mostly wait, and each has a server of its own.
        var options = new ParallelOptions { MaxDegreeOfParallelism = parsed.GetValue(isShort) ? 4 : 1, CancellationToken = stop };
        await Parallel.ForAsync(0, chosen.Length, options, async (i, cancelled) =>
        {
            Console.Error.WriteLine(chosen[i].Name);
            var since = Stopwatch.GetTimestamp();
            await using var server = await HostProcess.StartAsync(chosen[i].Settings(parsed.GetValue(isShort)), cancelled);
            try
            {
                await chosen[i].RunAsync(new Arena(server, reports[i], progress, parsed.GetValue(isShort), parsed.GetValue(seed), cancelled));
            }
            catch (Exception e) when (Arena.IsEnd(e) || e is HttpRequestException)
            {
                reports[i].Expect("goes to its end", false, e.Message, "yes");
            }

            reports[i].Figure("seconds", Stopwatch.GetElapsedTime(since).TotalSeconds.ToString("N1", CultureInfo.InvariantCulture));
        });
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("Interrupted; what was found so far:");
        Report.Print(reports, Console.Out);
        return 130;
    }
    catch (Exception e) when (e is IOException or TimeoutException or System.ComponentModel.Win32Exception)
    {
        Console.Error.WriteLine($"The server could not be started: {e.Message}");
        return 1;
    }

    Report.Print(reports, Console.Out);
    return reports.All(static report => report.Broken == 0) ? 0 : 2;
}
