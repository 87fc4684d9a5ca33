using System.Globalization;

namespace Airlock.Bench;

/// <summary>How many files, which sockets are, this process may have open.</summary>
internal static class FileLimit
{
    /// <summary>Checks that a run's sockets fit.</summary>
    /// <param name="limits">What <c>/proc/self/limits</c> says.</param>
    /// <param name="sockets">How many are needed.</param>
    /// <returns>What is wrong and how to put it right, or null.</returns>
    public static string? Check(IEnumerable<string> limits, int sockets)
    {
        // Max open files            1024                 20000                files
        var line = limits.FirstOrDefault(static l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
        // .NET raises the soft limit to the hard one at its start.
        return hard is null or "unlimited" || int.Parse(hard, CultureInfo.InvariantCulture) is var most && most >= sockets
            ? null
            : FormattableString.Invariant($"This needs {sockets} file descriptors and may have {most}. Raise it (ulimit -n {sockets}; for good: nofile in /etc/security/limits.conf), or ask for less with --connections {Math.Max(1, most - 200)}.");
    }
}
