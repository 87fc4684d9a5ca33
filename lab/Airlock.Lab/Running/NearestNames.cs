namespace Airlock.Lab.Running;

/// <summary>Finds what somebody may have meant.</summary>
internal static class NearestNames
{
    /// <summary>The names nearest to a word, at most three.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="names">What there is.</param>
    public static IReadOnlyList<string> To(string word, IEnumerable<string> names) =>
        [.. names.OrderBy(name => Distance(word.ToLowerInvariant(), name.ToLowerInvariant()) - (name.Contains(word, StringComparison.OrdinalIgnoreCase) ? name.Length : 0)).Take(3)];

    // How many letters must be changed, put in or left out (Levenshtein).
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
