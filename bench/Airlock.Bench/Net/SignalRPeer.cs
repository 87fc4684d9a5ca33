using System.Text;

namespace Airlock.Bench.Net;

/// <summary>Speaks SignalR's JSON protocol, straight over a WebSocket (without the negotiation's requests).</summary>
internal sealed class SignalRPeer(Poll poll, Swarm swarm, PeerOptions options) : Peer(poll, swarm, options)
{
    private const byte RecordSeparator = 0x1e;
    private string? _cause;
    private readonly byte[] _call = Encoding.ASCII.GetBytes(options.IsSubscriber
        ? $$"""{"type":1,"target":"BroadcastAsync","arguments":["{{Encoding.ASCII.GetString(options.Payload)}}"]}"""
        : $$"""{"type":1,"invocationId":"1","target":"Echo","arguments":["{{Encoding.ASCII.GetString(options.Payload)}}"]}""");

    /// <inheritdoc/>
    protected override string Headers => $"Authorization: Bearer {Options.Token}\r\n";

    /// <inheritdoc/>
    protected override string? Cause => _cause;

    /// <inheritdoc/>
    public override void Beat()
    {
        WriteRecord("""{"type":6}"""u8);
        Flush();
    }

    /// <inheritdoc/>
    protected override void OnUpgraded()
    {
        WriteRecord("""{"protocol":"json","version":1}"""u8);
        if (Options.IsSubscriber)
        {
            WriteRecord("""{"type":1,"invocationId":"0","target":"JoinAsync","arguments":[]}"""u8);
        }

        Flush();
    }

    /// <inheritdoc/>
    protected override int OnMessage(ReadOnlySpan<byte> message)
    {
        var answers = 0;
        while (message.Length > 0)
        {
            var end = message.IndexOf(RecordSeparator);
            var record = message[..end];
            message = message[(end + 1)..];
            if (record.StartsWith("""{"type":6"""u8))
            {
                continue;
            }

            if (record.StartsWith("""{"type":7"""u8))
            {
                // Also its answer to a close; then nobody asks for the cause.
                _cause = "closed by SignalR";
                continue;
            }

            if (record.StartsWith("{}"u8) ? !Options.IsSubscriber : !IsReady)
            {
                Check(record.IndexOf("\"error\""u8) < 0, record);
                BeReady();
            }
            else if (record.Length > 2)
            {
                Check(record.IndexOf(Options.Payload) >= 0, record);
                answers++;
            }
        }

        return answers;
    }

    /// <inheritdoc/>
    protected override void Write(int count)
    {
        for (var i = 0; i < count; i++)
        {
            WriteRecord(_call);
        }
    }

    private static void Check(bool isGood, ReadOnlySpan<byte> record)
    {
        if (!isGood)
        {
            throw new BenchException($"SignalR answered: {Encoding.UTF8.GetString(record)}.");
        }
    }

    private void WriteRecord(ReadOnlySpan<byte> record)
    {
        Span<byte> message = stackalloc byte[record.Length + 1];
        record.CopyTo(message);
        message[^1] = RecordSeparator;
        WriteMessage(message);
    }
}
