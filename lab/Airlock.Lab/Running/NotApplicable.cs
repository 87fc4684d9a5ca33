using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Running;

/// <summary>A scenario that says nothing about a subject, because the subject does not have what it is about.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Missing">What the subject lacks.</param>
internal sealed record NotApplicable(Scenario Scenario, Capabilities Missing)
{
    /// <summary>What is lacking, in words.</summary>
    public string Lacks => Missing.ToString().ToLowerInvariant();
}
