using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests;

/// <summary>Parties A, B, C… that each take some steps and write down their letter at each.</summary>
internal static class SmallWorld
{
    public static string Run(Strategy strategy, int actors, int steps, out Schedule schedule)
    {
        var scheduler = new Scheduler(strategy);
        var order = "";
        scheduler.Run(() => Task.WhenAll(Enumerable.Range(0, actors).Select(i => scheduler.StartAsync(scheduler.NewActor($"party {(char)('A' + i)}"), "begins", async () =>
        {
            order += (char)('A' + i);
            for (var step = 1; step < steps; step++)
            {
                await Task.Yield();
                order += (char)('A' + i);
            }
        })).ToArray()));
        schedule = new Schedule(scheduler.Schedule);
        return order;
    }

    public static List<string> RunAll(Strategy strategy, int actors, int steps, int most)
    {
        List<string> orders = [];
        while (orders.Count < most && strategy.BeginRun())
        {
            orders.Add(Run(strategy, actors, steps, out _));
        }

        return orders;
    }
}
