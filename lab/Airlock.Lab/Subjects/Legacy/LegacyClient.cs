using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>The incident's front end (dossier §1.1): an open socket is a ready one, so its queue is flushed at once. Unlike the real one it tells its application what may be lost.</summary>
internal sealed class LegacyClient(World world, string name, string user) : EndpointClient(world, name, user)
{
    private int _got;

    protected override bool SaysGoodbye => IsReady && IsOpen;

    protected override ReadOnlyMemory<byte> Encode(string id) => new LegacyFrame("user_message") { MessageId = id }.ToBytes();

    protected override void Opened() => _got = 0;

    protected override void Handle(ReadOnlySpan<byte> message)
    {
        var frame = LegacyFrame.Parse(message);
        switch (frame.Type)
        {
            case "system_message" when frame.Event == "connection_established":
                BeReady();
                break;
            case "agent_event":
                Hear(frame.Content!);
                break;
            case "reply":
                if (frame.Event is { } last)
                {
                    Hear($"{frame.MessageId} {frame.Content} {last}");
                }

                BeAnswered(frame.MessageId!, frame.Content);
                break;
            case "error" when frame.MessageId is { } id:
                BeRefused(id, frame.Content!);
                break;
            case "ping" when AnswersPings:
                Write(new LegacyFrame("pong").ToBytes());
                break;
        }
    }

    // The legacy had no numbers: these are the client's own, of one connection.
    private void Hear(string content)
    {
        var session = $"{Name}/{Connection}";
        World.Trace.Add(TraceKind.ClientGot, Connection, "data", Name, session, ++_got);
        World.Trace.Add(TraceKind.Denoted, "", $"{session} down", to: $"data {content}", number: _got);
    }
}
