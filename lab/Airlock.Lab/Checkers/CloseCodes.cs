using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>An end says why, in words that a client can act on.</summary>
public sealed class CloseCodes : Checker
{
    /// <inheritdoc/>
    public override string Name => "close-codes";

    /// <inheritdoc/>
    public override string Property => "1011 is sent only for a logged bug of the server, no reserved code is sent, and every refusal, close and end has a cause.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var hasBug = false;
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.Logged:
                    hasBug |= e.From == "bug";
                    break;
                case TraceKind.ServerClosed:
                    if (e.Number is < 1000 or >= 5000 or 1004 or 1005 or 1006 or 1015)
                    {
                        return $"At step {e.Step} connection {e.Connection} is closed with {e.Number}, which is reserved and never sent.";
                    }

                    if (e.Number == 1011 && !hasBug)
                    {
                        return $"At step {e.Step} connection {e.Connection} is closed with 1011 ({e.Name}), but no bug of the server is logged.";
                    }

                    break;
            }

            if (e.Kind is TraceKind.ServerClosed or TraceKind.Ended or TraceKind.UpgradeRefused && string.IsNullOrEmpty(e.Name))
            {
                return $"At step {e.Step} connection {e.Connection} is over ({e.Kind}, {e.Number}) without a cause.";
            }
        }

        return null;
    }
}
