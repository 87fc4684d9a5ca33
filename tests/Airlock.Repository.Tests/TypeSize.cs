namespace Airlock.Repository.Tests;

/// <summary>How large a type is.</summary>
/// <param name="Path">One of the files that it stands in.</param>
/// <param name="Lines">How many lines it has, over all its parts.</param>
/// <param name="Fields">How many fields an instance has.</param>
public sealed record TypeSize(string Path, int Lines, int Fields);
