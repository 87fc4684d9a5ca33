namespace Airlock.Lab.Wire;

/// <summary>A client of an endpoint of bare ASP.NET Core: text in, text out; there is no word for being ready.</summary>
internal sealed class PlainWireClient(WireWorld world, string name, string user, Uri url, WireCredentials credentials) : SocketWireClient(world, name, user, url, credentials)
{
    protected override void Opened() => BeReady(Connection);

    protected override string Encode(string id) => id;

    protected override void Handle(string message) => BeAnswered(message.Split(' ')[0], message.Split(' ')[^1], Connection);
}
