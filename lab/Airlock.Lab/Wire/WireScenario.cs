using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Wire;

/// <summary>A stimulus over real sockets and processes, and the invariant that it puts to the test. The same stimulus serves every subject.</summary>
internal abstract class WireScenario
{
    /// <summary>Its name on the command line: words with dashes.</summary>
    public abstract string Name { get; }

    /// <summary>What it belongs to.</summary>
    public abstract Suite Suite { get; }

    /// <summary>The post-mortem's category, as it writes it.</summary>
    public virtual string Category => "E2E GCP Staging Tests";

    /// <summary>The post-mortem's difficulty.</summary>
    public virtual Difficulty Difficulty => Difficulty.High;

    /// <summary>Where it comes from.</summary>
    public abstract string Source { get; }

    /// <summary>What must hold, in one sentence.</summary>
    public abstract string Claim { get; }

    /// <summary>The checker whose property the red half violates.</summary>
    public virtual Checker Invariant { get; } = new CloseCodes();

    /// <summary>The legacy model's fault that must violate it; null if the legacy has no such part.</summary>
    public virtual LegacyFault? Fault => null;

    /// <summary>Subjects that run it and are reported, not judged.</summary>
    public virtual IReadOnlyList<WireSubject> Reported => [];

    /// <summary>Programs it needs: <c>nginx</c>, <c>haproxy</c>.</summary>
    public virtual IReadOnlyList<string> Programs => [];

    /// <summary>Whether the short form has it.</summary>
    public virtual bool IsQuick => true;

    /// <summary>Whether it needs the machine for itself, since it measures.</summary>
    public virtual bool RunsAlone => false;

    /// <summary>Whether it works against a server that runs already.</summary>
    public virtual bool ServesUrl => false;

    /// <summary>Puts the stimulus. Afterwards everybody leaves, and the history is judged.</summary>
    public abstract Task RunAsync(WireWorld world);
}
