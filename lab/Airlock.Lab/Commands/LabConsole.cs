using Spectre.Console;

namespace Airlock.Lab.Commands;

/// <summary>Where a command writes, and how it hears that it shall stop.</summary>
/// <param name="Out">For results.</param>
/// <param name="Error">For what went wrong.</param>
/// <param name="IsTerminal">Whether somebody watches: then there is a progress bar and colour.</param>
/// <param name="Interrupted">Ctrl-C.</param>
internal sealed record LabConsole(TextWriter Out, TextWriter Error, bool IsTerminal, CancellationToken Interrupted)
{
    // Wide enough for every column; a pipe has no width of its own.
    private const int WidthOfPipe = 220;

    /// <summary>For tables: colour and the width of the window on a terminal, plain text elsewhere.</summary>
    public IAnsiConsole Ansi { get; } = Create(Out, IsTerminal);

    /// <summary>Whether the process was started alone, so that work on the thread pool can only be a subject's.</summary>
    public bool OwnsProcess { get; init; }

    /// <summary>Says what is wrong with the call.</summary>
    /// <param name="message">What, as a sentence.</param>
    /// <returns>The exit code for it.</returns>
    public int Refuse(string message)
    {
        Error.WriteLine(message);
        return ExitCodes.Unexpected;
    }

    private static IAnsiConsole Create(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isTerminal)
        {
            console.Profile.Width = WidthOfPipe;
        }

        return console;
    }
}
