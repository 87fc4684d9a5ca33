using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Tests.Contests;

/// <summary>A fault at the border of a lock, planted to prove that a contest sees it.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Name">Its name: words with dashes.</param>
/// <param name="File">The source, from <c>src</c>.</param>
/// <param name="Text">What stands there, exactly once.</param>
/// <param name="Instead">What stands there instead.</param>
/// <param name="Says">What happens then, as a sentence.</param>
/// <param name="Contest">The contest that must see it.</param>
internal sealed record LockFault(LockFaultKind Kind, string Name, string File, string Text, string Instead, string Says, string Contest)
{
    /// <summary>Every one.</summary>
    public static IReadOnlyList<LockFault> All { get; } = [.. SessionFaults.All, .. StoreFaults.All, .. ServerFaults.All, .. ConnectionFaults.All, .. AspNetCoreFaults.All, .. ClientFaults.All];

    public Mutation Mutation => new(Name, File, Text, Instead, Says, IsAtLock: true);
}
