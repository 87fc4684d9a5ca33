using Airlock.Lab.Reports;
using Airlock.Lab.Running;

namespace Airlock.Lab.Commands;

/// <summary>Tells how far a run is: a bar that redraws itself on a terminal, a line for each scenario that is done in a pipe.</summary>
/// <param name="console">Where to write.</param>
/// <param name="count">How many scenarios there are.</param>
internal sealed class ProgressLine(LabConsole console, int count)
{
    private readonly Progress _progress = new(console, "scenarios", count);
    private int _done;

    /// <summary>A scenario begins.</summary>
    /// <param name="scenario">Its name.</param>
    public void Begin(string scenario)
    {
        // In a pipe each scenario has a line of its own when it is done.
        if (console.IsTerminal)
        {
            _progress.Report(_done, scenario);
        }
    }

    /// <summary>A scenario is done.</summary>
    /// <param name="verdict">What came out.</param>
    /// <param name="verbose">Whether to say more.</param>
    public void End(Verdict verdict, bool verbose)
    {
        _done++;
        _progress.Clear();
        if (console.IsTerminal && verdict.Holds && !verbose)
        {
            return;
        }

        console.Out.WriteLine(VerdictText.Line(verdict));
        foreach (var problem in verdict.Problems)
        {
            console.Out.WriteLine($"  {problem}");
        }

        if (verbose)
        {
            foreach (var half in verdict.Sides)
            {
                console.Out.WriteLine($"  {VerdictText.Details(half)}");
                if (half.Shrunk is { } shrunk)
                {
                    console.Out.WriteLine($"    {ShellText.Replay(verdict.Scenario.Name, SubjectCatalog.ArgumentOf(half.Subject), shrunk.ToString())}");
                }
            }
        }
    }
}
