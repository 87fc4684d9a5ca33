using System.Text;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests;

public sealed class PayloadTests
{
    public static TheoryData<string> NotJson => ["", " ", "{", "{}{}", "1 2", "nul", "\"open", "[1,]", "'a'", new string('[', 63) + new string(']', 63)];

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
            new EndpointOptions { TriesMax = 1 });
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.DataAsync(2, "2");
        var frames = (await peer.UntilDoneAsync(2)).Where(f => f.Type != FrameType.Ack).Select(f => f.Type);
        Assert.Equal([FrameType.Nack, FrameType.Data, FrameType.End], frames);
    }
}
