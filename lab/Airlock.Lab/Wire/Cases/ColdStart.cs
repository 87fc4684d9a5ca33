using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Wire.Cases;

/// <summary>Clients dial through nginx before the container has started; then it starts, and its service comes later still.</summary>
internal sealed class ColdStart : WireScenario
{
    public override string Name => "cold-start-wire";

    public override Suite Suite => Suite.CloudRun;

    public override string Source => "incident 7; the seed's container start and service discovery";

    public override string Claim => "Who dials before the server has started, and before its services are there, comes in without doing anything, and is never told 1011.";

    public override IReadOnlyList<string> Programs => ["nginx"];

    public override async Task RunAsync(WireWorld world)
    {
        var port = FreePort.Take();
        var nginx = await world.StartNginxAsync(port);
        var clients = world.NewClients(10, nginx.Port);
        foreach (var client in clients)
        {
            client.Start();
            client.Send();
        }

        await world.WaitAsync(clients.Select(static client => client.FirstEnd));
        var server = await world.StartServerAsync(new WireHostOptions { Port = port, ServicesUp = false });
        await world.WaitAsync(clients.Select(static client => client.Connected));
        world.Expect(clients.TrueForAll(static client => !client.Ready.IsCompleted), "Nobody is ready before the service is.");
        server.BringServicesUp();
        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
    }
}
