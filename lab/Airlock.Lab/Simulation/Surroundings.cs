using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Simulation;

/// <summary>
/// What surrounds a driver beside the scenario: how its clients' applications read, what else it waits for, how long sessions wait, who listens to its metrics, who comes back later. A number for each,
/// written in front of a schedule (<c>w0212.1.0.2</c>); 0 is the ordinary one, and zeros at the end are left out.
/// </summary>
/// <param name="Numbers">The numbers, in the order of <see cref="Aspect"/>.</param>
public sealed record Surroundings(IReadOnlyList<int> Numbers)
{
    /// <summary>How many ways there are of each aspect, the ordinary one counted.</summary>
    private static readonly int[] _ways = [4, 4, 3, 3, 2];

    private static readonly string[][] _words =
    [
        ["", "applications take 20 ms for a message", "applications take a second for a message", "applications read nothing for 30 s, then everything"],
        ["", "an optional service is up", "an optional service never answers", "an optional service comes and goes"],
        ["", "sessions wait 3 s", "sessions wait an hour"],
        ["", "all metrics and spans are listened to", "whoever listens to metrics and spans throws"],
        ["", "the user comes back an hour later"],
    ];

    /// <summary>The ordinary ones.</summary>
    public static Surroundings Ordinary { get; } = new([]);

    /// <summary>Whether they are the ordinary ones.</summary>
    public bool IsOrdinary => Numbers.All(static number => number == 0);

    /// <summary>Which way it is.</summary>
    /// <param name="aspect">Of what.</param>
    public int this[Aspect aspect] => (int)aspect < Numbers.Count ? Numbers[(int)aspect] : 0;

    /// <summary>How long a client's application takes for its message of a number, from 0.</summary>
    internal TimeSpan ReadingOf(long message) => this[Aspect.Reading] switch
    {
        1 => TimeSpan.FromMilliseconds(20),
        2 => TimeSpan.FromSeconds(1),
        3 when message == 0 => TimeSpan.FromSeconds(30),
        _ => TimeSpan.Zero,
    };

    /// <summary>Chooses.</summary>
    /// <param name="random">What decides.</param>
    internal static Surroundings Choose(Random64 random) => new([.. _ways.Select(random.Below)]);

    /// <summary>The same, with some aspects as they ordinarily are.</summary>
    /// <param name="aspects">Which.</param>
    internal Surroundings Without(IEnumerable<Aspect> aspects) => new([.. Numbers.Select((number, i) => aspects.Contains((Aspect)i) ? 0 : number)]);

    /// <summary>Reads the digits.</summary>
    /// <param name="digits">One for each aspect.</param>
    /// <returns>Null if there is no such way.</returns>
    internal static Surroundings? Parse(string digits) => digits.Length <= _ways.Length && digits.Select(static (digit, i) => digit >= '0' && digit - '0' < _ways[i]).All(static fits => fits)
        ? new([.. digits.Select(static digit => digit - '0')])
        : null;

    /// <summary>In words, without what is ordinary.</summary>
    internal string InWords() => string.Join("; ", Numbers.Select(static (number, i) => _words[i][number]).Where(static words => words.Length > 0));

    /// <summary>The digits; nothing for the ordinary ones.</summary>
    public override string ToString() => string.Concat(Numbers).TrimEnd('0');
}
