using System.Globalization;

namespace Airlock.Hostile;

/// <summary>What an attack found: figures, and expectations that hold or do not.</summary>
internal sealed class Report(string attack)
{
    private readonly List<(string Name, string Value, string Expected, bool? Holds)> _rows = [];

    public int Held => _rows.Count(static row => row.Holds == true);

    public int Broken => _rows.Count(static row => row.Holds == false);

    /// <summary>A figure that is only told.</summary>
    public void Figure(string name, string value) => _rows.Add((name, value, "", null));

    /// <summary>Something that must hold.</summary>
    public void Expect(string name, bool holds, string value, string expected) => _rows.Add((name, value, expected, holds));

    public void ExpectAtMost(string name, double value, double most, string unit = "") =>
        Expect(name, value <= most, $"{Text(value)} {unit}".TrimEnd(), $"at most {Text(most)} {unit}".TrimEnd());

    public void ExpectEqual(string name, double value, double expected) => Expect(name, value == expected, Text(value), Text(expected));

    /// <summary>Prints one table of several.</summary>
    public static void Print(IReadOnlyCollection<Report> reports, TextWriter output)
    {
        string[] heads = ["attack", "what", "found", "expected", ""];
        var rows = reports.SelectMany(static report => report.Cells()).ToList();
        var widths = heads.Select((head, i) => rows.Select(row => row[i].Length).Append(head.Length).Max()).ToArray();
        Write(heads);
        Write([.. widths.Select(static width => new string('-', width))]);
        rows.ForEach(Write);
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{reports.Sum(static report => report.Held)} expectations hold, {reports.Sum(static report => report.Broken)} do not"));

        void Write(string[] cells) => output.WriteLine(string.Join("  ", cells.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }

    private IEnumerable<string[]> Cells() => _rows.Select((row, i) => new[]
    {
        i == 0 ? attack : "", row.Name, row.Value, row.Expected, row.Holds switch { true => "holds", false => "BROKEN", _ => "" },
    });

    private static string Text(double value) => value.ToString(value == Math.Floor(value) ? "N0" : "N2", CultureInfo.InvariantCulture);
}
