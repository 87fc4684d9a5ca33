using System.Globalization;
using System.Security.Cryptography;
using Airlock.Bench.Measures;

namespace Airlock.Bench;

/// <summary>A whole run: every measure on every target, in rounds in which the targets take turns.</summary>
/// <param name="targets">What is measured.</param>
/// <param name="measures">How.</param>
/// <param name="size">How much.</param>
/// <param name="core">The core of the servers, or null.</param>
/// <param name="port">The first server's port, the others follow; 0 for free ones.</param>
/// <param name="progress">Told what goes on.</param>
internal sealed class BenchRun(IReadOnlyList<string> targets, IReadOnlyList<Measure> measures, BenchSize size, int? core, int port, Action<string> progress)
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Dictionary<(Row Row, string Target), List<double>> _values = [];

    /// <summary>How much is done.</summary>
    public BenchSize Size => size;

    /// <summary>Why connections ended whose peer did not want it, and how often.</summary>
    public Dictionary<string, int> Causes { get; } = [];

    /// <summary>Runs it.</summary>
    /// <exception cref="BenchException">Something fails; the message says what.</exception>
    public async Task<BenchResult> RunAsync()
    {
        if (measures.Any(static m => m.Turn != Turn.OnceFresh))
        {
            await RunRoundsAsync();
        }

        foreach (var measure in measures.Where(static m => m.Turn == Turn.OnceFresh))
        {
            foreach (var (index, target) in targets.Index())
            {
                await using var server = await TargetServer.StartAsync(target, core, port == 0 ? 0 : port + index, _key);
                await RunOneAsync(measure, server, "");
            }
        }

        var rows = measures.SelectMany(static m => m.Rows)
            .SelectMany(_ => targets, (row, target) => new BenchValue(row, target, _values[(row, target)], Statistics.Ratio(_values[(row, target)], _values.GetValueOrDefault((row, Target.Reference)))));
        return new BenchResult([.. rows], Causes);
    }

    private async Task RunRoundsAsync()
    {
        List<TargetServer> servers = [];
        try
        {
            foreach (var (index, target) in targets.Index())
            {
                servers.Add(await TargetServer.StartAsync(target, core, port == 0 ? 0 : port + index, _key));
                progress($"{target} has started, and warms up");
                await AllMeasures.WarmUpAsync(this, servers[^1]);
            }

            for (var round = 0; round < size.Rounds; round++)
            {
                foreach (var measure in measures.Where(static m => m.Turn == Turn.EachRound))
                {
                    for (var i = 0; i < servers.Count; i++)
                    {
                        await RunOneAsync(measure, servers[(round + i) % servers.Count], FormattableString.Invariant($"round {round + 1} of {size.Rounds}, "));
                    }
                }
            }

            foreach (var measure in measures.Where(static m => m.Turn == Turn.OnceWarm))
            {
                foreach (var server in servers)
                {
                    await RunOneAsync(measure, server, "");
                }
            }
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    private async Task RunOneAsync(Measure measure, TargetServer server, string round)
    {
        var values = await measure.Run(this, server);
        foreach (var (row, value) in measure.Rows.Zip(values))
        {
            if (!_values.TryGetValue((row, server.Target), out var all))
            {
                _values[(row, server.Target)] = all = [];
            }

            all.Add(value);
        }

        progress($"{round}{measure.Name}, {server.Target}: {string.Join(", ", measure.Rows.Zip(values, static (row, value) => $"{value.ToString(row.Format, CultureInfo.InvariantCulture)} {row.Unit}".TrimEnd()))}");
    }
}
