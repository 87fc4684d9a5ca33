using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Wire.Cases;

/// <summary>The network goes silent for a while with answers under way, and then cuts: both sides believed that the connection stood. Nothing is lost or doubled.</summary>
internal sealed class StalledNetwork : WireScenario
{
    public override string Name => "stalled-network";

    public override Suite Suite => Suite.CloudRun;

    public override string Source => "half-open connections (incident 2.7, 47)";

    public override string Claim => "Answers that a silent network swallowed are sent again after the resume, once each.";

    public override Checker Invariant { get; } = new DeliveredOnce();

    public override async Task RunAsync(WireWorld world)
    {
        var server = await world.StartServerAsync();
        // What comes to the client gets stuck somewhere between the last frames of the start and the last answers that its window allows.
        var proxy = world.StartFaultProxy(server.Address.Port, static number => number > 10 ? new FaultPlan() : new FaultPlan { Fault = FaultKind.Stall, AfterBytes = 900 + (number * 40) });
        var clients = world.NewClients(10, proxy.Address.Port);
        clients.ForEach(static client => client.Start());
        foreach (var client in clients)
        {
            for (var message = 0; message < 12; message++)
            {
                client.Send();
            }
        }

        await world.WaitAsync(world.WhenNotedAsync("fault", 10));
        proxy.EndAll(FaultKind.Reset);
        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
    }
}
