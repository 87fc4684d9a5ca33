using Airlock.Lab.Reports;
using Airlock.Lab.Running;

namespace Airlock.Lab.Commands;

/// <summary>Tells how far a run is: a bar that redraws itself on a terminal, a line for each scenario that is done in a pipe.</summary>
/// <param name="console">Where to write.</param>
/// <param name="count">How many scenarios there are.</param>
internal sealed class ProgressLine(LabConsole console, int count)
{
    private const int BarWidth = 30;
    private int _done;

    /// <summary>A scenario begins.</summary>
    /// <param name="scenario">Its name.</param>
    public void Begin(string scenario)
    {
        if (console.IsTerminal)
        {
            var full = BarWidth * _done / count;
            console.Out.Write($"\r\u001b[K[{new string('#', full)}{new string('.', BarWidth - full)}] {_done}/{count} {scenario}");
        }
    }

    /// <summary>A scenario is done.</summary>
    /// <param name="verdict">What came out.</param>
    /// <param name="verbose">Whether to say more.</param>
    public void End(Verdict verdict, bool verbose)
    {
        _done++;
        if (console.IsTerminal)
        {
            console.Out.Write("\r\u001b[K");
            if (verdict.Holds && !verbose)
            {
                return;
            }
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
