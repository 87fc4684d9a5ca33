using System.CommandLine;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Commands;

/// <summary>The options that set the limits by which <c>wire</c> and <c>probe</c> judge.</summary>
internal sealed class LimitOptions
{
    private static readonly Budgets _ordinary = new();

    private readonly Option<double> _coordination = new Option<double>("--max-coordination") { Description = "Limit: milliseconds from the answered upgrade to ready, of the median.", DefaultValueFactory = static _ => _ordinary.Coordination }
        .Checked(static value => value > 0, "--max-coordination is a number of milliseconds above 0.");

    private readonly Option<double> _overhead = new Option<double>("--max-overhead") { Description = "Limit: how much longer than without coordination the first event takes, in percent of the medians.", DefaultValueFactory = static _ => _ordinary.Overhead }
        .Checked(static value => value > 0, "--max-overhead is a percentage above 0.");

    private readonly Option<double> _success = new Option<double>("--min-success") { Description = "Limit: how many succeed, in percent.", DefaultValueFactory = static _ => _ordinary.Success }
        .Checked(static value => value is >= 0 and <= 100, "--min-success is a percentage from 0 to 100.");

    private readonly Option<int> _closed1011 = new Option<int>("--max-1011") { Description = "Limit: how many connections end with 1011.", DefaultValueFactory = static _ => _ordinary.Closed1011 }
        .Checked(static value => value >= 0, "--max-1011 is a number from 0.");

    /// <summary>Gives a command these options.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Add(_coordination);
        command.Add(_overhead);
        command.Add(_success);
        command.Add(_closed1011);
    }

    /// <summary>What was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    public Budgets Of(ParseResult parsed) => new()
    {
        Coordination = parsed.GetValue(_coordination),
        Overhead = parsed.GetValue(_overhead),
        Success = parsed.GetValue(_success),
        Closed1011 = parsed.GetValue(_closed1011),
    };
}
