using System.Text;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Wire;

/// <summary>The incident's front end: an open socket is a ready one, so messages are written at once.</summary>
internal sealed class LegacyWireClient(WireWorld world, string name, string user, Uri url, WireCredentials credentials) : SocketWireClient(world, name, user, url, credentials)
{
    protected override string LeavesBy => ReadyCount > 0 ? "bye" : "close";

    protected override void Opened()
    {
        // It waits for the welcome before it says that it is ready.
    }

    protected override string Encode(string id) => Encoding.UTF8.GetString(new LegacyFrame("user_message") { MessageId = id }.ToBytes());

    protected override void Handle(string message)
    {
        var frame = LegacyFrame.Parse(Encoding.UTF8.GetBytes(message));
        switch (frame.Type)
        {
            case "system_message" when frame.Event == "connection_established":
                BeReady(Connection);
                break;
            case "reply":
                BeAnswered(frame.MessageId!, frame.Content!, Connection);
                break;
            case "error" when frame.MessageId is { } id:
                BeRefused(id, frame.Content ?? "error", Connection);
                break;
            case "ping":
                Write(Encoding.UTF8.GetString(new LegacyFrame("pong").ToBytes()));
                break;
        }
    }
}
