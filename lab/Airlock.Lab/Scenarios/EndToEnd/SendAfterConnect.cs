using Airlock.Lab.Checkers;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Scenarios.EndToEnd;

/// <summary>A message is sent as soon as the socket is open, before the server is ready for it. It is answered once, before what is sent later.</summary>
internal sealed class SendAfterConnect : WireScenario
{
    public override string Name => "send-after-connect";

    public override Suite Suite => Suite.EndToEnd;

    public override string Source => "incident 28";

    public override string Claim => "What is sent immediately after the connect is answered, once and in order.";

    public override Checker Invariant { get; } = new DeliveredOnce();

    public override LegacyFault? Fault => LegacyFault.QueueNeverFlushes;

    public override IReadOnlyList<string> Programs => ["nginx"];

    public override IReadOnlyList<WireSubject> Reported => [WireSubject.Plain, WireSubject.SignalR];

    public override async Task RunAsync(WireWorld world)
    {
        var server = await world.StartServerAsync(new WireHostOptions { ServicesUp = false });
        var nginx = await world.StartNginxAsync(server.Address.Port);
        var clients = world.NewClients(5, nginx.Port);
        clients.ForEach(static client => client.Start());
        await world.WaitAsync(clients.Select(static client => client.Connected));
        clients.ForEach(static client => client.Send());
        server.BringServicesUp();
        await world.WaitAsync(clients.Select(static client => client.Ready));
        // Then everybody leaves, which gets what was sent answered first, by whoever keeps it.
        clients.ForEach(static client => client.Send());
    }
}
