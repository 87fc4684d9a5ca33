namespace Airlock.Lab.Running;

/// <summary>What a checker found.</summary>
/// <param name="Checker">The checker's name.</param>
/// <param name="Text">What and where, as a sentence.</param>
public sealed record Violation(string Checker, string Text);
