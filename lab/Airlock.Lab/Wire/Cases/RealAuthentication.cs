using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Wire.Cases;

/// <summary>Real JWTs through nginx and haproxy: a good one, none, a malformed, an expired and a stranger's. The good one comes in; the others are refused with a cause, and none is told 1011.</summary>
internal sealed class RealAuthentication : WireScenario
{
    public override string Name => "real-authentication";

    public override Suite Suite => Suite.Close1011;

    public override string Source => "incident 12; the seed's real authentication flow with 1011 reproduction";

    public override string Claim => "Through either proxy a good token comes in, any other is refused with a cause, and nobody is told 1011.";

    public override LegacyFault? Fault => LegacyFault.AuthenticationAs1011;

    public override IReadOnlyList<string> Programs => ["nginx", "haproxy"];

    public override async Task RunAsync(WireWorld world)
    {
        var server = await world.StartServerAsync();
        var ports = new[] { (await world.StartNginxAsync(server.Address.Port)).Port, (await world.StartHaproxyAsync([server.Address.Port])).Port };
        string?[] bad = [null, "malformed", LabToken.Issue(WireWorld.Key, "alice", DateTimeOffset.UtcNow.AddHours(-1)), LabToken.Issue(new byte[32], "alice", DateTimeOffset.UtcNow.AddHours(1))];
        foreach (var port in ports)
        {
            var good = world.NewClient(port);
            var others = bad.Select(token => world.NewClient(port, "alice", new WireCredentials(token))).ToList();
            good.Start();
            others.ForEach(static client => client.Start());
            await world.WaitAsync(good.Ready);
            good.Send();
            await good.WhenSettledAsync();
            foreach (var client in others)
            {
                var (_, cause) = await client.FirstEnd.WaitAsync(WireWorld.Patience, world.Stopped);
                world.Expect(cause is { Length: > 0 } && !client.Ready.IsCompleted, "Who shows no good token is refused, and told why.");
            }
        }
    }
}
