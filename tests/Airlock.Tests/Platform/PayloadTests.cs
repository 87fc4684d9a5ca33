using System.Text;
using System.Text.Json;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Platform;

public sealed class PayloadTests
{
    public static TheoryData<string> NotJson => ["", " ", "{", "{}{}", "1 2", "nul", "\"open", "[1,]", "'a'", new string('[', 63) + new string(']', 63)];

    public static TheoryData<string, Action> HalfPairs => new()
    {
        { "bytes with an escape", () => Payload.CheckJson("\"\\ud83d\""u8.ToArray()) },
        { "a key in bytes", () => Payload.CheckJson("{\"\\ude00\":1}"u8.ToArray()) },
        { "an element that was parsed", () => ApplicationJson.By(null).Write(JsonDocument.Parse("\"\\ud83d\"").RootElement) },
        { "a node that was parsed", () => ApplicationJson.By(null).Write(System.Text.Json.Nodes.JsonNode.Parse("[\"\\ud83d\"]")) },
        { "raw text", () => Payload.Encode("half \uD83D.") },
    };

    [Theory]
    [MemberData(nameof(NotJson))]
    public void What_is_not_one_JSON_value_is_refused(string text) =>
        Assert.Throws<ArgumentException>(() => Payload.CheckJson(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("{}")]
    [InlineData(" [1, \"ü\", null] ")]
    [InlineData("-1.5e3")]
    public void One_JSON_value_passes(string text) => Payload.CheckJson(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void What_a_serializer_wrote_nests_no_deeper_than_what_a_client_sends()
    {
        Payload.CheckWritten(Nested(WireLimits.PayloadDepthMax));
        Payload.CheckWritten(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat("[{}]", 100))}]"));
        Payload.CheckWritten(Encoding.UTF8.GetBytes($"\"{new string('[', 100)}\""));
        Assert.Throws<ArgumentException>(() => Payload.CheckWritten(Nested(WireLimits.PayloadDepthMax + 1)));
    }

    [Theory]
    [InlineData("send")]
    [InlineData("stream")]
    [InlineData("send raw")]
    [InlineData("stream raw")]
    [InlineData("push")]
    [InlineData("push raw")]
    public async Task A_payload_nests_62_deep_by_every_way_out_and_a_deeper_one_throws_at_the_call(string way)
    {
        TestServer? server = null;
        var thrown = new List<string>();
        using (server = new TestServer(async (turn, _) =>
        {
            foreach (var depth in new[] { WireLimits.PayloadDepthMax + 1, WireLimits.PayloadDepthMax })
            {
                var raw = Nested(depth);
                using var value = JsonDocument.Parse(raw, new JsonDocumentOptions { MaxDepth = 256 });
                var target = SessionTarget.OfSession(turn.Session);
                try
                {
                    var sent = way switch
                    {
                        "send" => turn.SendAsync(value.RootElement),
                        "stream" => turn.StreamAsync(value.RootElement),
                        "send raw" => turn.SendRawAsync(raw),
                        "stream raw" => turn.StreamRawAsync(raw),
                        "push" => Discard(server!.Server.Sessions.SendAsync(target, value.RootElement, CancellationToken.None)),
                        _ => Discard(server!.Server.Sessions.SendRawAsync(target, raw, CancellationToken.None)),
                    };
                    await sent;
                }
                catch (ArgumentException e)
                {
                    thrown.Add($"{depth} {e.Message[..35]}");
                }
            }
        }))
        {
            var peer = await server.ReadyAsync();
            await peer.DataAsync(1, "1");
            var data = Assert.Single(await peer.UntilDoneAsync(1), static frame => frame.Type == FrameType.Data);
            Assert.Equal(2 * WireLimits.PayloadDepthMax, data.Payload.Length);
        }

        Assert.Equal([$"{WireLimits.PayloadDepthMax + 1} A payload is one JSON value of at m"], thrown);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_larger_than_the_protocol_allows_fails_in_words_that_name_the_limit(bool streams)
    {
        using var server = new TestServer(
            async (turn, _) => await (streams ? turn.StreamRawAsync(turn.Message) : turn.SendRawAsync(turn.Message)),
            new EndpointOptions { MessageBytesMax = 16 << 20, TriesMax = 1 })
        { Expects = [typeof(ArgumentException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, $"\"{new string('x', 4 << 20)}\"");
        Assert.Equal("handler_failed", (await peer.AfterAcksAsync(FrameType.Nack)).Cause);
        Assert.Contains(server.Log.Lines, static line => $"{line.Text} {line.Exception}".Contains($"A message to a client may have {Endpoint.PayloadBytesMax} bytes", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(HalfPairs), DisableDiscoveryEnumeration = true)]
    public void Half_of_a_pair_is_refused_at_once_in_words(string what, Action write)
    {
        Assert.NotEmpty(what);
        Assert.Contains("surrogate", Assert.Throws<ArgumentException>(write).Message);
    }

    [Fact]
    public void Raw_text_goes_as_it_is()
    {
        foreach (var text in new[] { "😀", "a😀b😀", "\uFFFD", "", "é" })
        {
            Assert.Equal(text, Encoding.UTF8.GetString(Payload.Encode(text).Span));
        }
    }

    [Fact]
    public void Text_that_is_not_UTF_8_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Payload.CheckJson(new byte[] { (byte)'"', 0xC3, (byte)'"' }));
        Assert.Throws<ArgumentException>(() => Payload.CheckText(new byte[] { 0xFF }));
    }

    [Fact]
    public void A_payload_larger_than_a_message_may_be_is_refused()
    {
        var text = new byte[Endpoint.PayloadBytesMax + 1];
        text.AsSpan().Fill((byte)' ');
        text[0] = (byte)'1';
        Assert.Throws<ArgumentException>(() => Payload.CheckSize(text));
        Payload.CheckJson(text.AsMemory(1..).ToArray().Select((b, i) => i == 0 ? (byte)'1' : b).ToArray());
    }

    [Fact]
    public async Task A_handler_that_sends_what_is_not_JSON_fails_its_try_and_breaks_no_frame()
    {
        using var server = new TestServer(
            async (turn, _) =>
            {
                if (turn.Sequence == 1)
                {
                    await turn.SendRawAsync("}{"u8.ToArray());
                }

                await turn.StreamRawAsync("{}"u8.ToArray());
            },
            new EndpointOptions { TriesMax = 1 })
        { Expects = [typeof(ArgumentException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.DataAsync(2, "2");
        var frames = (await peer.UntilDoneAsync(2)).Where(f => f.Type != FrameType.Ack).Select(f => f.Type);
        Assert.Equal([FrameType.Nack, FrameType.Data, FrameType.End], frames);
    }

    private static byte[] Nested(int depth) => Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));

    private static async ValueTask Discard(ValueTask<PushOutcome> sending) => await sending;
}
