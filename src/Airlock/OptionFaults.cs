namespace Airlock;

/// <summary>Collects what is wrong with a set of options, in words: which option, its value and its range.</summary>
internal sealed class OptionFaults
{
    private readonly List<(string Option, string Fault)> _all = [];

    internal IReadOnlyList<string> Words => [.. _all.Select(static f => f.Fault)];

    internal void CheckRange<T>(string option, T value, T least, T most, string unit = "")
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            Add(option, FormattableString.Invariant($"{option} is {value}; it must be from {least} to {most} {unit}").TrimEnd() + ".");
        }
    }

    /// <summary>A part of something cannot be more than the whole.</summary>
    internal void CheckPart(string option, int value, string whole, int wholeValue)
    {
        if (value > wholeValue)
        {
            Add(option, FormattableString.Invariant($"{option} is {value}, and {whole} is {wholeValue}; what is held before the user is known is a part of it. Lower {option} or raise {whole}."));
        }
    }

    internal bool CheckThere(string option, object? value)
    {
        if (value is null)
        {
            Add(option, $"{option} is null; leave it out for the defaults.");
        }

        return value is not null;
    }

    /// <exception cref="ArgumentOutOfRangeException">Something is wrong; it names the first option and tells of all.</exception>
    internal void Throw()
    {
        if (_all.Count > 0)
        {
            throw new ArgumentOutOfRangeException(_all[0].Option, string.Join(' ', Words));
        }
    }

    private void Add(string option, string fault) => _all.Add((option, fault));
}
