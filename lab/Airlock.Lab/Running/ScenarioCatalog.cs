using System.Text.RegularExpressions;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Running;

/// <summary>What can be run, by name.</summary>
/// <param name="all">Every scenario.</param>
internal sealed partial class ScenarioCatalog(IReadOnlyList<Scenario> all)
{
    /// <summary>The lab's own.</summary>
    public static ScenarioCatalog Lab { get; } = new(AllScenarios.List);

    /// <summary>Every scenario, suites by their priority.</summary>
    public IReadOnlyList<Scenario> All { get; } = [.. all.OrderBy(static scenario => scenario.Suite)];

    /// <summary>A suite's name on the command line: <c>cloud-run</c>.</summary>
    /// <param name="suite">The suite.</param>
    public static string NameOf(Suite suite) => suite == Suite.EndToEnd ? "e2e" : Hump().Replace(suite.ToString(), "-$0").ToLowerInvariant();

    /// <summary>Finds one scenario.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="UnknownNameException">There is none.</exception>
    public Scenario Find(string name) => All.FirstOrDefault(scenario => scenario.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw (AllWireScenarios.List.FirstOrDefault(scenario => scenario.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } wire
            ? new UnknownNameException($"{wire.Name} runs over real sockets: airlock-lab wire --scenario {wire.Name}.")
            : UnknownNameException.Of("scenario", name, All.Select(static scenario => scenario.Name)));

    /// <summary>Finds the scenarios of some suites and some by name; all if nothing is asked for.</summary>
    /// <param name="suites">Names or numbers of suites.</param>
    /// <param name="names">Names of scenarios.</param>
    /// <exception cref="UnknownNameException">One of them stands for nothing.</exception>
    public IReadOnlyList<Scenario> Find(IReadOnlyCollection<string> suites, IReadOnlyCollection<string> names)
    {
        var wanted = suites.Select(FindSuite).ToHashSet();
        if (All.Count > 0 && wanted.Where(suite => !All.Any(scenario => scenario.Suite == suite)).Select(NameOf).FirstOrDefault() is { } empty)
        {
            throw new UnknownNameException($"The suite {empty} has no scenario in the simulation. Over real sockets: airlock-lab wire --suite {empty}.");
        }

        var named = names.Select(Find).ToHashSet();
        return wanted.Count + named.Count == 0 ? All : [.. All.Where(scenario => wanted.Contains(scenario.Suite) || named.Contains(scenario))];
    }

    private static Suite FindSuite(string name) => Enum.GetValues<Suite>().Where(suite => NameOf(suite).Equals(name, StringComparison.OrdinalIgnoreCase) || ((int)suite).ToString(System.Globalization.CultureInfo.InvariantCulture) == name).Cast<Suite?>().FirstOrDefault()
        ?? throw UnknownNameException.Of("suite", name, Enum.GetValues<Suite>().Select(NameOf));

    [GeneratedRegex("(?<=[a-z])[A-Z0-9]+")]
    private static partial Regex Hump();
}
