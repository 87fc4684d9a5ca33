using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Wire.Cases;

/// <summary>Four containers, started one after the other while twelve clients dial through haproxy. Every client comes in, and a cookie keeps it where its session is.</summary>
internal sealed class ScaleUp : WireScenario
{
    public override string Name => "scale-up";

    public override Suite Suite => Suite.CloudRun;

    public override string Source => "incident 8; the seed's auto-scaling, 4 containers and 3 connections each";

    public override string Claim => "While containers are added, twelve connects become ready under twelve ids, and every one that is cut is resumed where its session is.";

    public override IReadOnlyList<string> Programs => ["haproxy"];

    public override async Task RunAsync(WireWorld world)
    {
        var ports = Enumerable.Range(0, world.IsQuick ? 2 : 4).Select(static _ => FreePort.Take()).ToList();
        var haproxy = await world.StartHaproxyAsync(ports);
        var clients = new List<WireClient>();
        foreach (var port in ports)
        {
            var starting = world.StartServerAsync(new WireHostOptions { Port = port });
            for (var i = 0; i < 12 / ports.Count; i++)
            {
                var proxy = world.StartFaultProxy(haproxy.Port, static _ => new FaultPlan());
                var client = world.NewClient(proxy.Address.Port);
                clients.Add(client);
                client.Start();
                client.Send();
            }

            await starting;
        }

        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
        // Whoever is ready is cut once, and has to find its own container again.
        var proxies = world.FaultProxies;
        foreach (var proxy in proxies)
        {
            proxy.EndAll(FaultKind.Cut);
        }

        clients.ForEach(static client => client.Send());
        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
        foreach (var client in clients.OfType<AirlockWireClient>())
        {
            world.Expect(client is { Sessions: 1, Resumed: > 0 }, "Affinity leads a client back to its session.");
        }
    }
}
