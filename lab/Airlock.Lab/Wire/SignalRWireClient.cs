using System.Text.Json;

namespace Airlock.Lab.Wire;

/// <summary>A client of a SignalR hub, in SignalR's JSON protocol without negotiation (HubProtocol.md): ready once the handshake is answered.</summary>
internal sealed class SignalRWireClient(WireWorld world, string name, string user, Uri url, WireCredentials credentials) : SocketWireClient(world, name, user, url, credentials)
{
    private const char End = '\u001e';
    private const int Completion = 3;
    private const int Ping = 6;

    protected override void Opened() => Write($$"""{"protocol":"json","version":1}{{End}}""");

    protected override string Encode(string id) => $$"""{"type":1,"invocationId":"{{id}}","target":"Send","arguments":["{{id}}"]}{{End}}""";

    protected override void Handle(string message)
    {
        foreach (var record in message.Split(End, StringSplitOptions.RemoveEmptyEntries))
        {
            using var document = JsonDocument.Parse(record);
            var root = document.RootElement;
            if (!root.TryGetProperty("type", out var type))
            {
                BeReady(Connection);
            }
            else if (type.GetInt32() == Completion && root.TryGetProperty("result", out var result))
            {
                BeAnswered(root.GetProperty("invocationId").GetString()!, result.GetString()!.Split(' ')[^1], Connection);
            }
            else if (type.GetInt32() == Completion)
            {
                BeRefused(root.GetProperty("invocationId").GetString()!, root.TryGetProperty("error", out var error) ? error.GetString()! : "no result", Connection);
            }
            else if (type.GetInt32() == Ping)
            {
                Write($$"""{"type":6}{{End}}""");
            }
        }
    }
}
