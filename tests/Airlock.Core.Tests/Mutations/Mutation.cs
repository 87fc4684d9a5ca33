namespace Airlock.Core.Tests;

/// <summary>One guard of the core taken out, and the test that must notice.</summary>
/// <param name="File">The source, from <c>src/Airlock.Core</c>.</param>
/// <param name="Text">What stands there, exactly once.</param>
/// <param name="Instead">What stands there instead.</param>
/// <param name="Test">The test that must turn red, as class and method.</param>
public sealed record Mutation(string File, string Text, string Instead, string Test)
{
    public override string ToString() => $"{File}: '{Text.ReplaceLineEndings(" ")}' → '{Instead.ReplaceLineEndings(" ")}'";
}
