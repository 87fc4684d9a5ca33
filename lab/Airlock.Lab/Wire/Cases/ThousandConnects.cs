using System.Globalization;
using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Wire.Cases;

/// <summary>A thousand connects through nginx to a server whose service is late. All are ready, none is told 1011. Then: what coordination costs, against a bare endpoint on the same way.</summary>
internal sealed class ThousandConnects : WireScenario
{
    // Enough for a median.
    private const int Measured = 200;

    public override string Name => "thousand-connects";

    public override Suite Suite => Suite.EndToEnd;

    public override string Source => "the seed's success criteria: 99 % of connects, 0 x 1011, less than 100 ms and 50 % of overhead";

    public override string Claim => "A thousand connects with a late gate: 100 % are ready and answered, 0 are told 1011.";

    public override IReadOnlyList<string> Programs => ["nginx"];

    public override bool RunsAlone => true;

    public override async Task RunAsync(WireWorld world)
    {
        var server = await world.StartServerAsync(new WireHostOptions { ServicesUp = false });
        var nginx = await world.StartNginxAsync(server.Address.Port);
        var count = world.IsQuick ? 250 : 1000;
        var clients = world.NewClients(count, nginx.Port);
        var start = TimeProvider.System.GetTimestamp();
        foreach (var client in clients)
        {
            client.Start();
            client.Send();
        }

        // The gate opens when half of them wait for it and the others are still on their way.
        await world.WaitAsync(clients.Take(count / 2).Select(static client => client.Connected));
        server.BringServicesUp();
        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
        world.Figure("ready", string.Create(CultureInfo.InvariantCulture, $"{clients.Count(static client => client.Ready.IsCompleted)} of {count} ({clients.Count(static client => client.ReadyCount == 1)} at the first dial) in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.0} s"));
        world.Figure(world.Budgets.JudgeSuccess(100.0 * clients.Count(static client => client.Ready.IsCompleted) / count), isTime: false);
        world.Figure(world.Budgets.Judge1011(world.History.Entries.Count(static e => e is { What: "close", Code: 1011 })), isTime: false);
        await MeasureAsync(world, nginx.Port);
    }

    private static async Task MeasureAsync(WireWorld world, int port)
    {
        await using var plainWorld = world.Beside(WireSubject.Plain);
        var plain = await plainWorld.StartServerAsync();
        var plainProxy = await plainWorld.StartNginxAsync(plain.Address.Port);
        List<WireClient> ours = [], bare = [];
        // Turn about, one at a time, so that both see the same machine. The first ones warm up.
        for (var i = 0; i < Measured + 10; i++)
        {
            foreach (var (list, client) in new[] { (ours, world.NewClient(port)), (bare, plainWorld.NewClient(plainProxy.Port)) })
            {
                client.Start();
                client.Send();
                await client.WhenSettledAsync();
                await client.LeaveAsync();
                if (i >= 10)
                {
                    list.Add(client);
                }
            }
        }

        var coordination = Quantiles.Of(ours.Select(static c => WireClient.Milestones.Between(c.Times.Connected, c.Times.Ready)));
        var (first, bareFirst) = (Quantiles.Of(ours.Select(FirstEvent)), Quantiles.Of(bare.Select(FirstEvent)));
        world.Figure("open to ready", coordination.ToString());
        world.Figure("dial to first answer", $"{first}; the same endpoint with authentication and without coordination {bareFirst}");
        world.Figure(world.Budgets.JudgeCoordination(coordination.Median), isTime: true);
        world.Figure(world.Budgets.JudgeOverhead(100 * ((first.Median / bareFirst.Median) - 1)), isTime: true);
    }

    private static double FirstEvent(WireClient client) => WireClient.Milestones.Between(client.Times.Dialed, client.Times.Answered);
}
