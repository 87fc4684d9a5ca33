using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>A client that checks every frame finds nothing wrong with them, and has no bug of its own.</summary>
public sealed class ProtocolKept : Checker
{
    /// <inheritdoc/>
    public override string Name => "protocol-kept";

    /// <inheritdoc/>
    public override string Property => "No client finds that the server broke the protocol, and none stops over a bug of its own.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        foreach (ref readonly var e in trace.Span)
        {
            if (e.Kind == TraceKind.ClientClosed && e.Name is "server_violation" or "client_failed")
            {
                return $"At step {e.Step} {e.Actor} stops on connection {e.Connection}: {(e.Name == "client_failed" ? "it has a bug" : "the server broke the protocol")} ({e.Name}).";
            }
        }

        return null;
    }
}
