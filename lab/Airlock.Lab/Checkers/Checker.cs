using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>One property that every run must have. Reads traces and nothing else; no state is kept between runs.</summary>
public abstract class Checker
{
    /// <summary>The property's name on the command line and in reports: words with dashes.</summary>
    public abstract string Name { get; }

    /// <summary>The property, as a sentence.</summary>
    public abstract string Property { get; }

    /// <summary>
    /// Whether it reads the order in which the store's calls were answered. Where locks are points of the schedule somebody else may go on between an answer and the line that tells of it, and it is not asked. Default: false.
    /// </summary>
    public virtual bool ReadsOrderOfStore => false;

    /// <summary>What a subject must be able to do so that the property is asked of it. Default: nothing.</summary>
    public virtual Capabilities Needs => Capabilities.None;

    /// <summary>Checks a whole trace.</summary>
    /// <param name="trace">The trace of a run that came to its end.</param>
    /// <returns>The first violation, as a sentence that names what and where; null if there is none.</returns>
    public abstract string? Check(Trace trace);
}
