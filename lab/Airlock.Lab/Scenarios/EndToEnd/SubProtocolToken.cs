using Airlock.Lab.Checkers;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Scenarios.EndToEnd;

/// <summary>The workaround: the token travels in the sub-protocol where the Authorization header is stripped. The welcome comes when the service is there, not before, and then means what it says.</summary>
internal sealed class SubProtocolToken : WireScenario
{
    public override string Name => "sub-protocol-token";

    public override Suite Suite => Suite.EndToEnd;

    public override string Source => "incident 30";

    public override string Claim => "A token in the sub-protocol passes a load balancer that strips the header, and who is told that it is ready gets its message answered.";

    public override Checker Invariant { get; } = new Expectation();

    public override LegacyFault? Fault => LegacyFault.SilentReturn;

    public override IReadOnlyList<string> Programs => ["nginx"];

    public override async Task RunAsync(WireWorld world)
    {
        // The service is missing until it has been told to the first client, one way or the other.
        var server = await world.StartServerAsync(new WireHostOptions { ServicesUp = false, ServicesTimeout = TimeSpan.FromMilliseconds(300) });
        var nginx = await world.StartNginxAsync(server.Address.Port, "proxy_set_header Authorization \"\";");
        var user = "user-1";
        var client = world.NewClient(nginx.Port, user, new WireCredentials(WireWorld.TokenOf(user), InSubProtocol: true));
        client.Start();
        await world.WaitAsync(Task.WhenAny(client.Ready, client.FirstEnd));
        world.Expect(!client.Ready.IsCompleted, "Nobody is told that it is ready while a service that it needs is missing.");
        var (_, cause) = await client.FirstEnd.WaitAsync(WireWorld.Patience, world.Stopped);
        world.Expect(cause is { Length: > 0 }, "Who is turned away for want of a service is told why.");
        server.BringServicesUp();
        client.Redial();
        await world.WaitAsync(client.Ready);
        client.Send();
        await client.WhenSettledAsync();
    }
}
