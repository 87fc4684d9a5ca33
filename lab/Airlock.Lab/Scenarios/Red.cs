using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios;

/// <summary>What must break a scenario's invariant, alone: a fault of the legacy model, the few of them that only together do, or a mutation of the production driver.</summary>
public sealed record Red
{
    private Red()
    {
    }

    /// <summary>The legacy model's fault, or those that only together violate the invariant; or null.</summary>
    public LegacyFault? Fault { get; private init; }

    /// <summary>The mutation's name, or null.</summary>
    public string? Mutation { get; private init; }

    /// <summary>The legacy model with this fault alone violates the invariant, and without any it does not.</summary>
    /// <param name="fault">The fault; several if none of them alone is enough.</param>
    public static Red Of(LegacyFault fault) => new() { Fault = fault };

    /// <summary>The production driver with this mutation violates the invariant.</summary>
    /// <param name="mutation">Its name.</param>
    public static Red Of(string mutation) => new() { Mutation = mutation };

    /// <inheritdoc/>
    public override string ToString() => Fault is { } fault ? LegacySubject.NameOf(fault) : Mutation!;
}
