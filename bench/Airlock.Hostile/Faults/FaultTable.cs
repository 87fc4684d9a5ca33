using System.Text.RegularExpressions;

namespace Airlock.Hostile.Faults;

/// <summary>One row of the table in docs/causes.md: the causes that are true of a fault, at each place.</summary>
/// <param name="Server">At the server; empty: nothing is told there.</param>
/// <param name="Client">At the client.</param>
/// <param name="After">What both accounts come to; with <see cref="FaultTable.Unknown"/> the client need not come back.</param>
internal sealed record FaultRow(IReadOnlyList<string> Server, IReadOnlyList<string> Client, IReadOnlyList<string> After);

/// <summary>The table of docs/causes.md that says which causes a fault may have.</summary>
internal static partial class FaultTable
{
    /// <summary>The client never came back.</summary>
    public const string Unknown = "unknown";

    /// <summary>Reads the table.</summary>
    /// <exception cref="InvalidDataException">There is none, or a row has more than two causes at one place.</exception>
    public static IReadOnlyDictionary<string, FaultRow> Read(string page)
    {
        var (begin, end) = (page.IndexOf("<!-- faults:begin", StringComparison.Ordinal), page.IndexOf("<!-- faults:end", StringComparison.Ordinal));
        if (begin < 0 || end < begin)
        {
            throw new InvalidDataException("The page has no table of faults.");
        }

        var rows = page[begin..end].Split('\n').Where(static line => line.StartsWith("| `", StringComparison.Ordinal)).Select(static line => line.Trim('|').Split('|'));
        var table = rows.ToDictionary(static cells => Words(cells[0])[0], static cells => new FaultRow(Words(cells[2]), Words(cells[3]), Words(cells[4])));
        foreach (var (fault, row) in table)
        {
            if (row.Server.Count > 2 || row.Client.Count > 2 || row.After.Count(static word => word != Unknown) > 2)
            {
                throw new InvalidDataException($"The row of {fault} has more than two causes at one place.");
            }
        }

        return table;
    }

    private static string[] Words(string cell) => [.. Word().Matches(cell).Select(static match => match.Groups[1].Value)];

    [GeneratedRegex("[`*]([a-z0-9_]+)[`*]")]
    private static partial Regex Word();
}
