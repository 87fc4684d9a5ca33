namespace Airlock.Lab.Scenarios;

/// <summary>How hard the post-mortem says a test is.</summary>
public enum Difficulty
{
    Medium,
    High,
}
