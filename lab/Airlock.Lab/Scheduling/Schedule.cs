using System.Globalization;

namespace Airlock.Lab.Scheduling;

/// <summary>The decisions of a run, written as <c>1.0.2</c>. Zeros at the end are left out: they are what happens anyway.</summary>
/// <param name="decisions">The decisions.</param>
public sealed class Schedule(IReadOnlyList<int> decisions)
{
    /// <summary>The decisions, without zeros at the end.</summary>
    public IReadOnlyList<int> Decisions { get; } = Trim(decisions);

    /// <summary>How far it is from first come, first served: the number of decisions that differ.</summary>
    public int Deviations => Decisions.Count(static d => d != 0);

    /// <summary>Reads a schedule.</summary>
    /// <param name="text">Numbers from 0 with dots between them; empty or <c>-</c> for first come, first served.</param>
    /// <exception cref="FormatException">It is something else; the message says what.</exception>
    public static Schedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text is "" or "-")
        {
            return new Schedule([]);
        }

        return new Schedule([.. text.Split('.').Select((part, i) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var decision)
            ? decision
            : throw new FormatException($"A schedule is numbers with dots between them, as 1.0.2; part {i + 1} is '{part}'."))]);
    }

    /// <inheritdoc/>
    public override string ToString() => Decisions.Count == 0 ? "-" : string.Join('.', Decisions);

    private static int[] Trim(IReadOnlyList<int> decisions)
    {
        var length = decisions.Count;
        while (length > 0 && decisions[length - 1] == 0)
        {
            length--;
        }

        return [.. decisions.Take(length)];
    }
}
