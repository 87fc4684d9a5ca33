namespace Airlock.Lab.Subjects.Mutants;

/// <summary>One line of the production driver made wrong, to prove that a scenario would notice.</summary>
/// <param name="Name">Its name on the command line: words with dashes.</param>
/// <param name="File">The source, from <c>src</c>.</param>
/// <param name="Text">What stands there, exactly once.</param>
/// <param name="Instead">What stands there instead.</param>
/// <param name="Removes">What is taken away by it, as a sentence.</param>
/// <param name="IsAtLock">Whether it shows between two awaits only, at the border of a lock: then the locks of the driver are points of the schedule.</param>
public sealed record Mutation(string Name, string File, string Text, string Instead, string Removes, bool IsAtLock = false)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({File}: '{Text.ReplaceLineEndings(" ")}' becomes '{Instead.ReplaceLineEndings(" ")}')";
}
