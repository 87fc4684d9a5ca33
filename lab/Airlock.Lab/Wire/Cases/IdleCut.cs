using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Wire.Cases;

/// <summary>nginx and haproxy cut what is silent, without a close frame. The session goes on where it was, and nothing is lost or doubled.</summary>
internal sealed class IdleCut : WireScenario
{
    public override string Name => "idle-cut";

    public override Suite Suite => Suite.CloudRun;

    public override string Source => "load balancers cut idle connections (incident 1.4, 5.2)";

    public override string Claim => "A connection that a proxy cuts for being idle is resumed, and every message is answered once.";

    public override Checker Invariant { get; } = new DeliveredOnce();

    public override IReadOnlyList<string> Programs => ["nginx", "haproxy"];

    public override IReadOnlyList<WireSubject> Reported => [WireSubject.Plain, WireSubject.SignalR];

    public override async Task RunAsync(WireWorld world)
    {
        var server = await world.StartServerAsync();
        var ports = new[] { (await world.StartNginxAsync(server.Address.Port, "proxy_read_timeout 1s;")).Port, (await world.StartHaproxyAsync([server.Address.Port], tunnelTimeout: TimeSpan.FromSeconds(1))).Port };
        var clients = ports.Select(port => world.NewClient(port)).ToList();
        clients.ForEach(static client => client.Start());
        await world.WaitAsync(clients.Select(static client => client.Ready));
        clients.ForEach(static client => client.Send());
        // A machine that takes a second to get ready is cut before, too, and has nothing to resume then.
        await world.WaitAsync(clients.Select(static client => client.ReadyEnd));
        clients.ForEach(static client => client.Redial());
        clients.ForEach(static client => client.Send());
        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
        foreach (var client in clients.OfType<AirlockWireClient>())
        {
            world.Expect(client is { Resumed: > 0, Sessions: 1 }, "The session goes on where it was.");
        }
    }
}
