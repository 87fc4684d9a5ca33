using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>An end says why, in words that a client can act on.</summary>
public sealed class CloseCodes : Checker
{
    /// <inheritdoc/>
    public override string Name => "close-codes";

    /// <inheritdoc/>
    public override string Property => "1011 is sent only for a bug of the server that is logged, one for each, no reserved code is sent, and every refusal, close and end has a cause.";

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Causes;

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        // Those that no 1011 was sent for yet, by connection; under no name those whose line names none.
        var bugs = new Dictionary<string, int>();
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.Logged when e.From == "bug":
                    bugs[e.Connection] = bugs.GetValueOrDefault(e.Connection) + 1;
                    break;
                case TraceKind.ServerClosed:
                    if (e.Number is < 1000 or >= 5000 or 1004 or 1005 or 1006 or 1015)
                    {
                        return $"At step {e.Step} connection {e.Connection} is closed with {e.Number}, which is reserved and never sent.";
                    }

                    if (e.Number == 1011 && !Excuse(e.Connection) && !Excuse(""))
                    {
                        return $"At step {e.Step} connection {e.Connection} is closed with 1011 ({e.Name}), but no bug of the server is logged{(bugs.Count == 0 ? "" : " for it")}.";
                    }

                    break;
            }

            if (e.Kind is TraceKind.ServerClosed or TraceKind.Ended or TraceKind.UpgradeRefused && string.IsNullOrEmpty(e.Name))
            {
                return $"At step {e.Step} connection {e.Connection} is over ({e.Kind}, {e.Number}) without a cause.";
            }
        }

        return null;

        // A bug excuses the end of one connection, not every later 1011.
        bool Excuse(string connection)
        {
            if (bugs.GetValueOrDefault(connection) is not (> 0 and var left))
            {
                return false;
            }

            bugs[connection] = left - 1;
            return true;
        }
    }
}
