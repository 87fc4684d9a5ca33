using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Wire.Cases;

/// <summary>A real pipeline whose HTTP sessions are installed behind what serves the sockets. Only who reads the HTTP session of a WebSocket can tell; nobody is told 1011.</summary>
internal sealed class MiddlewareOrder : WireScenario
{
    public override string Name => "middleware-order";

    public override Suite Suite => Suite.Close1011;

    public override string Source => "incident 10";

    public override string Claim => "The order of HTTP middleware does not reach the WebSocket: five connects come in and are answered.";

    public override LegacyFault? Fault => LegacyFault.SessionMiddleware;

    public override async Task RunAsync(WireWorld world)
    {
        var server = await world.StartServerAsync();
        var clients = world.NewClients(5, server.Address.Port);
        clients.ForEach(static client => client.Start());
        await world.WaitAsync(clients.Select(static client => Task.WhenAny(client.Ready, client.FirstEnd)));
        clients.ForEach(static client => client.Send());
        await world.WaitAsync(clients.Select(static client => client.WhenSettledAsync()));
    }
}
