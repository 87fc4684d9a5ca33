using System.Diagnostics;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios.Reproduction;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Production;

var scenario = new CompetingMachines();
var subject = new AirlockSubject();
foreach (var (name, strategy, races) in new (string, Strategy, bool)[] { ("random", new RandomStrategy(1), false), ("random+time", new RandomStrategy(1), true), ("pct2", new PctStrategy(1, 2), false), ("pct3+t", new PctStrategy(1, 3), true), ("delay2", new DelayBoundedStrategy(2), false) })
{
    long steps = 0, runs = 0, bad = 0;
    var clock = Stopwatch.StartNew();
    Run? last = null;
    while (runs < 1000 && strategy.BeginRun())
    {
        last = Run.Once(scenario, subject, strategy, races);
        runs++;
        steps += last.Steps;
        if (last.Violations.Count > 0)
        {
            if (bad++ < 2)
            {
                Console.WriteLine($"{last.Schedule}: {string.Join(" | ", last.Violations)}");
                foreach (var e in last.Trace.Events.Take(60)) Console.WriteLine($"  {e.Step} {e.At.TotalMilliseconds} {e.Actor} {e.Kind} {e.Connection} {e.Name} {e.From} {e.To} {e.Number}");
            }
        }
    }

    Console.WriteLine($"{name}: {runs} runs, {steps / Math.Max(1, runs)} steps each, {steps / clock.Elapsed.TotalSeconds:N0} steps/s, {bad} bad, hash {last!.Hash():x}");
}
