using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>A server that works has no errors in its log.</summary>
public sealed class NoErrors : Checker
{
    /// <inheritdoc/>
    public override string Name => "no-errors";

    /// <inheritdoc/>
    public override string Property => "The server logs no error, unless its session store was made to fail.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var storeFails = false;
        foreach (ref readonly var e in trace.Span)
        {
            if (e.Kind == TraceKind.Fault)
            {
                // The one fault of the surroundings that an operator must be told as an error: whatever a client or the network does is daily life.
                storeFails |= e.Name!.StartsWith("store", StringComparison.Ordinal);
            }
            else if (e.IsError && !storeFails)
            {
                return $"At step {e.Step} the server logs an error: '{e.To}'.";
            }
        }

        return null;
    }
}
