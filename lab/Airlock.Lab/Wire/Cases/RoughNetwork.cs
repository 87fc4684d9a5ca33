using System.Globalization;
using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Wire.Cases;

/// <summary>A network that cuts, resets and half-closes at an exact byte, in either direction, with delay, jitter and small pieces. Every message is answered once and in order.</summary>
internal sealed class RoughNetwork : WireScenario
{
    public override string Name => "rough-network";

    public override Suite Suite => Suite.CloudRun;

    public override string Source => "incident 9; the seed's network partition and message order";

    public override string Claim => "Wherever the network cuts a connection, to the byte, its session is resumed and every message is answered once and in order.";

    public override Checker Invariant { get; } = new DeliveredOnce();

    public override bool ServesUrl => true;

    public override async Task RunAsync(WireWorld world)
    {
        const int Messages = 5;
        var server = await world.StartServerAsync();
        // The handshake is about 200 bytes each way; what follows, to the end of the last answer, some hundreds more.
        var cuts = world.IsQuick ? 24 : 96;
        var clients = new List<WireClient>();
        for (var i = 0; i < cuts; i++)
        {
            var plan = new FaultPlan
            {
                Fault = (i % 3) switch { 0 => FaultKind.Cut, 1 => FaultKind.Reset, _ => FaultKind.HalfClose },
                TowardsClient = i / 3 % 2 == 0,
                AfterBytes = 1 + (i * (world.IsQuick ? 61 : 17)),
                Delay = TimeSpan.FromMilliseconds(i % 2),
                Jitter = TimeSpan.FromMilliseconds(i % 4),
                PieceBytesMax = i % 5 == 0 ? 7 : 64 * 1024,
                Seed = i,
            };
            // The first connection of each is struck; the next ones only have the rest.
            var proxy = world.StartFaultProxy(server.Address.Port, number => number == 1 ? plan : plan with { Fault = null });
            clients.Add(world.NewClient(proxy.Address.Port));
        }

        foreach (var client in clients)
        {
            client.Start();
            for (var message = 0; message < Messages; message++)
            {
                client.Send();
            }
        }

        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
        world.Figure("connections struck", clients.Count(static client => client.FirstEnd.IsCompleted).ToString(CultureInfo.InvariantCulture));
        world.Figure("sessions resumed", clients.OfType<AirlockWireClient>().Sum(static client => client.Resumed).ToString(CultureInfo.InvariantCulture));
    }
}
