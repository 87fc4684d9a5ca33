using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Scenarios.EndToEnd;

/// <summary>Ten connects, 10 ms apart, through nginx while the service is not there; once everybody has been turned away for it, it comes. Nobody is told 1011, and everybody comes in.</summary>
internal sealed class ConcurrentConnects : WireScenario
{
    public override string Name => "concurrent-connects";

    public override Suite Suite => Suite.EndToEnd;

    public override string Source => "incident 27";

    public override string Claim => "Ten connects at once to a server whose services are late: none is closed with 1011, and after the service has come all are ready.";

    public override LegacyFault? Fault => LegacyFault.ServicesAs1011;

    public override IReadOnlyList<string> Programs => ["nginx"];

    public override async Task RunAsync(WireWorld world)
    {
        var server = await world.StartServerAsync(new WireHostOptions { ServicesUp = false, ServicesTimeout = TimeSpan.FromMilliseconds(300) });
        var nginx = await world.StartNginxAsync(server.Address.Port);
        var clients = world.NewClients(10, nginx.Port);
        foreach (var client in clients)
        {
            client.Start();
            await Task.Delay(10, world.Stopped);
        }

        await world.WaitAsync(clients.Select(static client => client.FirstEnd));
        server.BringServicesUp();
        clients.ForEach(static client => client.Redial());
        await world.WaitAsync(clients.Select(static client => client.Ready));
        clients.ForEach(static client => client.Send());
        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
    }
}
