using System.Runtime.InteropServices;
using Airlock.Lab.Commands;

using var interrupted = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    // The second one ends the process at once.
    signal.Cancel = !interrupted.IsCancellationRequested;
    interrupted.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return CommandLine.Run(args, new LabConsole(Console.Out, Console.Error, !Console.IsOutputRedirected, interrupted.Token) { OwnsProcess = true });
