using System.Globalization;
using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Wire.Cases;

/// <summary>Two containers behind haproxy; one is told to end (SIGTERM) with messages under way. It drains; its clients go to the other, and are told exactly what their lost session took along.</summary>
internal sealed class Terminated : WireScenario
{
    public override string Name => "sigterm";

    public override Suite Suite => Suite.CloudRun;

    public override string Source => "service shutdown as an exit of the golden path (incident 1.1)";

    public override string Claim => "When a container is ended, every message of its clients is answered once, refused with a cause or reported as lost, and every client comes in elsewhere.";

    public override Checker Invariant { get; } = new DeliveredOnce();

    public override IReadOnlyList<string> Programs => ["haproxy"];

    public override async Task RunAsync(WireWorld world)
    {
        var first = await world.StartServerAsync();
        var port = FreePort.Take();
        var haproxy = await world.StartHaproxyAsync([first.Address.Port, port]);
        var clients = world.NewClients(10, haproxy.Port).Cast<AirlockWireClient>().ToList();
        foreach (var client in clients)
        {
            client.Start();
            client.Send();
        }

        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
        await world.StartServerAsync(new WireHostOptions { Port = port });
        clients.ForEach(static client => client.Send());
        first.Terminate();
        clients.ForEach(static client => client.Send());
        await world.WaitAsync(clients.Select(static client => client.ReadyAgain));
        clients.ForEach(static client => client.Send());
        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
        await world.WaitAsync(first.Exited);
        var lost = clients.SelectMany(static client => client.Lost).Sum(static range => (range.To ?? range.From) - range.From + 1);
        world.Figure("clients moved", clients.Count(static client => client.ReadyCount > 1).ToString(CultureInfo.InvariantCulture));
        world.Figure("new sessions", clients.Sum(static client => client.Sessions - 1).ToString(CultureInfo.InvariantCulture));
        world.Figure("numbers reported as lost", lost.ToString(CultureInfo.InvariantCulture));
        foreach (var client in clients)
        {
            world.Expect(client.Sessions == 2, "The session is in memory of a process that has ended: the client is told that another one has begun.");
        }
    }
}
