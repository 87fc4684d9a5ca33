namespace Airlock.Server.Agent;

/// <summary>Usage data that cannot be read; the message names the line and what is wrong there.</summary>
/// <param name="line">The line, counted from 1, where 1 is the header.</param>
/// <param name="problem">What is wrong and what was expected, as a sentence.</param>
public sealed class UsageCsvException(int line, string problem) : AgentToolException($"Line {line}: {problem}")
{
    public int Line { get; } = line;
}
