using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Commands;

/// <summary>The tool's commands.</summary>
internal static class CommandLine
{
    private const string Examples = """
        Examples:
          airlock-lab run                                   every scenario, both halves, in under a minute
          airlock-lab run --suite reproduction --verbose    one suite, with what each strategy did
          airlock-lab run --schedules 25000 --seed 7        the long form
          airlock-lab run --subject legacy                  the incident's endpoint, all faults on: exits with 2
          airlock-lab run --subject ./bin/MyServer.dll      your own endpoint: one class of ten lines
          airlock-lab list incident                         all about one scenario
          airlock-lab replay competing-machines --subject legacy:SecondMachine --schedule 1.0.2
          airlock-lab replay incident --subject legacy      the incident's log lines in virtual time
          airlock-lab wire --quick                          real sockets, proxies and processes
          airlock-lab probe ws://localhost:5080/chat        the check after a deploy: exits with 2 if a limit is missed
          airlock-lab shrink competing-machines --subject legacy --schedule t.3.1.0.0.2

        A schedule is one line: the option taken at each decision, zeros at the end left out, '-' for first come, first
        served; 't.' in front lets time pass ahead of work. The same line repeats the same run on every machine.

        Exit codes: 0 every verdict holds (with --subject: it violates nothing) · 2 a race where none may be, or a red
        half that is not red any more, or a limit of wire or probe that is missed · 1 unexpected error, or nothing ran · 130 interrupted, with a partial report.
        """;

    /// <summary>Runs one command.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="console">Where to write.</param>
    /// <param name="catalog">What can be run; the lab's own scenarios if null.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> arguments, LabConsole console, ScenarioCatalog? catalog = null)
    {
        catalog ??= ScenarioCatalog.Lab;
        var root = new RootCommand("Finds races in WebSocket servers: a controlled scheduler runs a server in a simulated world under many schedules, and checkers read what happened.")
        {
            ListCommand.Create(console, catalog),
            RunCommand.Create(console, catalog),
            ReplayCommand.Create(console, catalog),
            ShrinkCommand.Create(console, catalog),
            WireCommand.Create(console),
            ProbeCommand.Create(console),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new TeachingHelp((HelpAction)help.Action!);
        }

        var configuration = new InvocationConfiguration { Output = console.Out, Error = console.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            return root.Parse(arguments).Invoke(configuration);
        }
        catch (Exception e) when (e is UnknownNameException or FormatException or SimulationException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return console.Refuse(e.Message);
        }
    }

    /// <summary>Adds a check of a value to an option: what it says is wrong is said with the usage.</summary>
    /// <param name="option">The option.</param>
    /// <param name="isGood">Whether the value is good.</param>
    /// <param name="problem">What is wrong if not, as a sentence.</param>
    public static Option<T> Checked<T>(this Option<T> option, Func<T?, bool> isGood, string problem)
    {
        option.Validators.Add(result =>
        {
            if (result.Errors.Any() || isGood(result.GetValueOrDefault<T>()))
            {
                return;
            }

            result.AddError(problem);
        });
        return option;
    }

    private sealed class TeachingHelp(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.WriteLine(Examples);
            return code;
        }
    }
}
