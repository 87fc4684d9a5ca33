using System.Globalization;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scheduling;

/// <summary>The decisions of a run, written as <c>1.0.2</c>, or as <c>t.1.0.2</c> if time could pass while something else could happen. Zeros at the end are left out: they are what happens anyway.</summary>
/// <param name="decisions">The decisions.</param>
/// <param name="timeRaces">Whether time could pass while something else could happen; the same numbers mean another run then.</param>
/// <param name="surroundings">What surrounds the subject, written in front as <c>w02.</c>; null for the ordinary ones.</param>
public sealed class Schedule(IReadOnlyList<int> decisions, bool timeRaces = false, Surroundings? surroundings = null)
{
    /// <summary>The decisions, without zeros at the end.</summary>
    public IReadOnlyList<int> Decisions { get; } = Trim(decisions);

    /// <summary>Whether time may pass while something else can happen.</summary>
    public bool TimeRaces => timeRaces;

    /// <summary>What surrounds the subject.</summary>
    public Surroundings Surroundings { get; } = surroundings ?? Surroundings.Ordinary;

    /// <summary>How far it is from first come, first served: the number of decisions that differ.</summary>
    public int Deviations => Decisions.Count(static d => d != 0);

    /// <summary>Reads a schedule.</summary>
    /// <param name="text">Numbers from 0 with dots between them; empty or <c>-</c> for first come, first served. A leading <c>t</c> lets time race; a <c>w</c> with digits before it says what the surroundings are.</param>
    /// <exception cref="FormatException">It is something else; the message says what.</exception>
    public static Schedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var surroundings = Surroundings.Ordinary;
        if (text.StartsWith('w'))
        {
            var end = text.IndexOf('.', StringComparison.Ordinal);
            surroundings = end > 1 && Surroundings.Parse(text[1..end]) is { } found
                ? found
                : throw new FormatException($"The surroundings of a schedule are a w, a digit for each aspect and a dot, as w02. before the rest; there are none as in '{(end < 0 ? text : text[..end])}'.");
            text = text[(end + 1)..];
        }

        var races = text == "t" || text.StartsWith("t.", StringComparison.Ordinal);
        var numbers = races ? text.Length == 1 ? "" : text[2..] : text;
        if (numbers is "" or "-")
        {
            return new Schedule([], races, surroundings);
        }

        return new Schedule([.. numbers.Split('.').Select((part, i) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var decision)
            ? decision
            : throw new FormatException($"A schedule is numbers with dots between them, as 1.0.2, with t. in front if time races; part {i + 1} is '{part}'."))], races, surroundings);
    }

    /// <inheritdoc/>
    public override string ToString() => (Surroundings.IsOrdinary ? "" : $"w{Surroundings}.") + (Decisions.Count == 0 ? timeRaces ? "t" : "-" : (timeRaces ? "t." : "") + string.Join('.', Decisions));

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
