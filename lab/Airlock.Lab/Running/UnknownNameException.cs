namespace Airlock.Lab.Running;

/// <summary>A name on the command line stands for nothing.</summary>
/// <param name="message">What, and the nearest names.</param>
internal sealed class UnknownNameException(string message) : Exception(message)
{
    /// <summary>Says which names are near.</summary>
    /// <param name="kind">Of what: <c>scenario</c>.</param>
    /// <param name="word">What was written.</param>
    /// <param name="names">What there is.</param>
    public static UnknownNameException Of(string kind, string word, IEnumerable<string> names) =>
        new($"There is no {kind} '{word}'. Nearest: {string.Join(", ", NearestNames.To(word, names))}.");
}
