using System.Globalization;
using System.Text;

namespace Airlock.Server.Agent;

/// <summary>
/// Reads a usage export: comma-separated, with a header that names at least date, model, input_tokens, output_tokens and cost_usd in any
/// order. The columns requests, purpose and prompt are read where they exist; others are ignored. Fields may be quoted (RFC 4180), but a
/// quoted field ends on its line. Free of state: any number of callers at once.
/// </summary>
public static class UsageCsv
{
    /// <summary>The most rows that are read; one more is an error.</summary>
    public const int RowsMax = 10_000;

    /// <summary>The longest line in characters; a longer one is an error.</summary>
    public const int LineCharactersMax = 2_000;

    private const int NameCharactersMax = 100;
    private const long CountMax = 1_000_000_000_000;
    private const decimal CostMax = 1_000_000_000m;

    // With these bounds no sum, product or ratio of a report leaves the range of decimal.
    private const int CostDecimals = 10;

    private static readonly string[] s_required = ["date", "model", "input_tokens", "output_tokens", "cost_usd"];
    private static readonly Lazy<string> s_sample = new(ReadSample);

    /// <summary>The usage export that comes with the server: thirty days of an invented team.</summary>
    public static string Sample => s_sample.Value;

    /// <summary>Reads a whole export, header first.</summary>
    /// <exception cref="UsageCsvException">The first thing that is wrong, with its line. Nothing is read in part.</exception>
    public static IReadOnlyList<UsageRow> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var rows = new List<UsageRow>();
        Columns? columns = null;
        var number = 0;
        foreach (var rawLine in text.TrimStart('\uFEFF').AsSpan().EnumerateLines())
        {
            number++;
            if (rawLine.Length > LineCharactersMax)
            {
                throw new UsageCsvException(number, $"it has {rawLine.Length} characters; at most {LineCharactersMax} are read.");
            }

            if (rawLine.IsWhiteSpace())
            {
                continue;
            }

            var fields = Split(rawLine, number);
            if (columns is null)
            {
                columns = Columns.Read(fields, number);
                continue;
            }

            if (rows.Count == RowsMax)
            {
                throw new UsageCsvException(number, $"there are more than {RowsMax} rows; paste a shorter period.");
            }

            rows.Add(columns.Row(fields, number));
        }

        if (columns is null)
        {
            throw new UsageCsvException(1, $"the header is missing; expected {string.Join(',', s_required)}.");
        }

        return rows.Count > 0 ? rows : throw new UsageCsvException(number + 1, "there are no rows after the header.");
    }

    /// <summary>Whether an export can be read as a whole.</summary>
    public static bool IsValid(string text)
    {
        try
        {
            Parse(text);
            return true;
        }
        catch (UsageCsvException)
        {
            return false;
        }
    }

    /// <summary>
    /// The part of a message that looks like a usage export: from a line that names at least two of the required columns to the next
    /// blank line, code fence or the end. Null when there is none. What is found need not be valid; <see cref="Parse"/> says so.
    /// </summary>
    public static string? FindIn(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder? found = null;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (found is null)
            {
                if (LooksLikeHeader(line))
                {
                    found = new StringBuilder().Append(line);
                }
            }
            else if (line.IsWhiteSpace() || line.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                break;
            }
            else
            {
                found.Append('\n').Append(line);
            }
        }

        return found?.ToString();
    }

    private static bool LooksLikeHeader(ReadOnlySpan<char> line)
    {
        if (line.Length > LineCharactersMax || line.IndexOfAny(",;\t") < 0)
        {
            return false;
        }

        // Other separators count here, so that the reader can say that a comma was expected.
        var names = line.ToString().Split([',', ';', '\t']).Select(Name).ToHashSet(StringComparer.Ordinal);
        return names.Count >= 3 && s_required.Count(names.Contains) >= 2;
    }

    private static string Name(string field) => field.Trim('\uFEFF', ' ', '"').ToLowerInvariant();

    private static List<string> Split(ReadOnlySpan<char> line, int number)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var at = 0;
        while (true)
        {
            field.Clear();
            if (at < line.Length && line[at] == '"')
            {
                at = ReadQuoted(line, at + 1, field, number);
                fields.Add(field.ToString());
            }
            else
            {
                var length = line[at..].IndexOf(',');
                length = length < 0 ? line.Length - at : length;
                fields.Add(line.Slice(at, length).Trim().ToString());
                at += length;
            }

            if (at == line.Length)
            {
                return fields;
            }

            if (line[at] != ',')
            {
                throw new UsageCsvException(number, $"after the closing quote of field {fields.Count} a comma was expected.");
            }

            at++;
        }
    }

    private static int ReadQuoted(ReadOnlySpan<char> line, int at, StringBuilder field, int number)
    {
        for (; at < line.Length; at++)
        {
            if (line[at] != '"')
            {
                field.Append(line[at]);
            }
            else if (at + 1 < line.Length && line[at + 1] == '"')
            {
                field.Append('"');
                at++;
            }
            else
            {
                return at + 1;
            }
        }

        throw new UsageCsvException(number, "a quoted field is not closed on its line.");
    }

    private static string ReadSample()
    {
        using var stream = typeof(UsageCsv).Assembly.GetManifestResourceStream("sample-usage.csv")
            ?? throw new InvalidOperationException("The sample is not embedded in the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Where each column stands in a line; -1 for an optional one that is absent.</summary>
    private sealed class Columns
    {
        private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
        private int _count;

        public static Columns Read(List<string> header, int number)
        {
            if (header.Count == 1 && header[0].IndexOfAny([';', '\t']) >= 0)
            {
                throw new UsageCsvException(number, "the fields must be separated by commas.");
            }

            var columns = new Columns { _count = header.Count };
            for (var position = 0; position < header.Count; position++)
            {
                var name = Name(header[position]);
                if (!columns._positions.TryAdd(name, position) && name.Length > 0)
                {
                    throw new UsageCsvException(number, $"the column {Shown(name)} is there twice.");
                }
            }

            var missing = s_required.Where(name => !columns._positions.ContainsKey(name)).ToArray();
            return missing.Length == 0
                ? columns
                : throw new UsageCsvException(number, $"the header lacks {string.Join(", ", missing)}; expected {string.Join(',', s_required)}.");
        }

        public UsageRow Row(List<string> fields, int number)
        {
            if (fields.Count != _count)
            {
                throw new UsageCsvException(number, $"it has {fields.Count} fields; the header has {_count}.");
            }

            var requests = Text("requests");
            return new UsageRow(
                Date(Text("date")),
                Word("model", mandatory: true),
                Count("input_tokens", least: 0),
                Count("output_tokens", least: 0),
                Cost(Text("cost_usd")),
                requests.Length == 0 ? 1 : Count("requests", least: 1),
                Word("purpose", mandatory: false),
                Word("prompt", mandatory: false));

            string Text(string column) => _positions.TryGetValue(column, out var position) ? fields[position] : "";

            DateOnly Date(string text) =>
                DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                    ? date
                    : throw new UsageCsvException(number, $"date is {Shown(text)}; expected a day like 2026-06-17.");

            string Word(string column, bool mandatory)
            {
                var text = Text(column);
                if (mandatory && text.Length == 0)
                {
                    throw new UsageCsvException(number, $"{column} is empty.");
                }

                return text.Length <= NameCharactersMax && !text.Any(char.IsControl)
                    ? text
                    : throw new UsageCsvException(number, $"{column} must be plain text of at most {NameCharactersMax} characters.");
            }

            long Count(string column, long least)
            {
                var text = Text(column);
                return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count >= least && count <= CountMax
                    ? count
                    : throw new UsageCsvException(number, $"{column} is {Shown(text)}; expected a whole number from {least} to {CountMax}.");
            }

            decimal Cost(string text) =>
                decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var cost)
                && cost <= CostMax
                    ? Math.Round(cost, CostDecimals)
                    : throw new UsageCsvException(number, $"cost_usd is {Shown(text)}; expected an amount like 1.25, without a sign.");
        }

        private static string Shown(string text) => text.Length switch
        {
            0 => "empty",
            > 40 => $"'{text[..40]}…'",
            _ => $"'{text}'",
        };
    }
}
