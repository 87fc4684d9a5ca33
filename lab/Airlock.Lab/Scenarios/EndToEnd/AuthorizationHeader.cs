using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Scenarios.EndToEnd;

/// <summary>A real token in the Authorization header, through a load balancer that strips it. Whoever cannot be recognised is told so, and it is no fault of the server; Airlock's client shows it another way and comes in.</summary>
internal sealed class AuthorizationHeader : WireScenario
{
    public override string Name => "authorization-header";

    public override Suite Suite => Suite.EndToEnd;

    public override string Source => "incident 29";

    public override string Claim => "With the Authorization header stripped by the load balancer nobody is told 1011, and Airlock's client names what was stripped and comes in all the same.";

    public override LegacyFault? Fault => LegacyFault.AuthenticationAs1011;

    public override IReadOnlyList<string> Programs => ["nginx", "haproxy"];

    public override async Task RunAsync(WireWorld world)
    {
        var server = await world.StartServerAsync();
        var nginx = await world.StartNginxAsync(server.Address.Port, "proxy_set_header Authorization \"\";");
        var haproxy = await world.StartHaproxyAsync([server.Address.Port], "http-request del-header Authorization");
        foreach (var port in new[] { nginx.Port, haproxy.Port })
        {
            var client = world.NewClient(port);
            client.Start();
            if (client is AirlockWireClient airlock)
            {
                await world.WaitAsync(client.Ready);
                world.Expect(airlock.Stripped is ["authorization"], "The client is told what was stripped on the way.");
                client.Send();
                await client.WhenSettledAsync();
            }
            else
            {
                var (code, cause) = await client.FirstEnd.WaitAsync(WireWorld.Patience, world.Stopped);
                world.Expect(code is not 1000 && cause is not null, "Who is refused is told why.");
            }
        }
    }
}
