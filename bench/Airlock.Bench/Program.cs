using System.CommandLine;
using System.CommandLine.Parsing;
using Airlock.Bench;
using Airlock.Bench.Measures;

var measures = new Argument<string[]>("measures") { Description = $"What to measure: {string.Join(", ", AllMeasures.All.Select(static m => m.Name))}. Default: everything.", Arity = ArgumentArity.ZeroOrMore, HelpName = "measure" };
measures.Validators.Add(static result => Known(result, result.Tokens, "measure", [.. AllMeasures.All.Select(static m => m.Name)]));
var targets = new Option<string[]>("--targets") { Description = $"Which targets: {string.Join(", ", Target.All)}. Default: all. Ratios need {Target.Reference}.", AllowMultipleArgumentsPerToken = true, HelpName = "name" };
targets.Validators.Add(static result => Known(result, result.Tokens, "target", Target.All));
var quick = new Option<bool>("--quick") { Description = "A look whether everything still works, in seconds. The figures mean nothing." };
var rounds = new Option<int?>("--rounds") { Description = "How many rounds. Default: 5.", HelpName = "number" };
var connections = new Option<int?>("--connections") { Description = "How many connections are idle. Default: 10000.", HelpName = "number" };
var port = new Option<int>("--port") { Description = "The port of the first target; the others follow. Default: free ones.", HelpName = "number" };
var core = new Option<int?>("--server-core") { Description = "The core that servers are pinned to. Default: none; bench/run pins them to one core and this program to another.", HelpName = "number" };
var json = new Option<FileInfo?>("--json") { Description = "Writes every value of every round here.", HelpName = "file" };
foreach (var (option, least, most) in new (Option, int, int)[] { (rounds, 1, 100), (connections, 1, 19_000), (port, 0, 65_500), (core, 0, 4095) })
{
    option.Validators.Add(result =>
    {
        if (result.Tokens is [var token, ..] && !(int.TryParse(token.Value, out var number) && number >= least && number <= most))
        {
            result.AddError(FormattableString.Invariant($"{option.Name} takes a number from {least} to {most}."));
        }
    });
}

var command = new RootCommand("Measures what Airlock costs beside a bare Kestrel WebSocket and SignalR: every target in a process of its own, rounds in which they take turns, medians, ratios to bare Kestrel.")
{
    measures, targets, quick, rounds, connections, port, core, json,
};
command.SetAction(async (parsed, stop) =>
{
    var size = parsed.GetValue(quick) ? BenchSize.Quick : new BenchSize();
    size = size with { Rounds = parsed.GetValue(rounds) ?? size.Rounds, Connections = parsed.GetValue(connections) ?? size.Connections };
    var names = parsed.GetValue(measures)!;
    var chosen = AllMeasures.All.Where(m => names.Length == 0 || names.Contains(m.Name)).ToList();
    var wanted = parsed.GetValue(targets)!;
    try
    {
        if (FileLimit.Check(File.ReadLines("/proc/self/limits"), size.Sockets) is { } tooFew)
        {
            throw new BenchException(tooFew);
        }

        var bench = new BenchRun([.. Target.All.Where(t => wanted.Length == 0 || wanted.Contains(t))], chosen, size, parsed.GetValue(core), parsed.GetValue(port), static line => Console.Error.WriteLine(line));
        var result = await bench.RunAsync();
        Console.Write(result.ToTable());
        Console.WriteLine(result.CausesInWords());
        if (parsed.GetValue(json) is { } file)
        {
            await File.WriteAllTextAsync(file.FullName, result.ToJson(), stop);
        }

        return result.Causes.Count == 0 ? 0 : 1;
    }
    catch (Exception e) when (e is BenchException or IOException or UnauthorizedAccessException or HttpRequestException or TimeoutException)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
});
return await command.Parse(args).InvokeAsync();

static void Known(SymbolResult result, IReadOnlyList<Token> tokens, string kind, IReadOnlyList<string> known)
{
    foreach (var token in tokens.Where(t => !known.Contains(t.Value)))
    {
        result.AddError($"There is no {kind} '{token.Value}'. Known: {string.Join(", ", known)}.");
    }
}
