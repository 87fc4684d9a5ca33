using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Connections;

/// <summary>What the specification says of frames at the borders: in the middle of an array, twice, too early, with something wrong beside them.</summary>
public sealed class AnnouncerTests
{
    [Theory]
    [InlineData("""{"t":"data","s":"x","id":"m2","b":2}""", "sequence_invalid")]
    [InlineData("""{"t":"shout"}""", "unknown_frame")]
    [InlineData("""{"t":"ack","a":99}""", "ack_invalid")]
    [InlineData("""7""", "malformed_frame")]
    public async Task Frames_before_the_first_error_of_an_array_count_and_those_behind_it_do_not(string wrong, string cause)
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await peer.SendAsync($$"""[{"t":"data","s":1,"id":"m1","b":1},{{wrong}},{"t":"data","s":2,"id":"m2","b":2}]""");
        await peer.ExpectClosingAsync(CloseReason.All.Single(reason => reason.Cause == cause), resumes: true);
        var next = await server.ReadyAsync(peer.Resume(received: 0));
        Assert.Equal(1, next.Ready.Received);
        Assert.Equal("1", TestPeer.TextOf(await next.AfterAcksAsync(FrameType.Data)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    public async Task Data_with_a_wrong_acknowledgement_is_not_stored(long acked)
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1", acked: acked);
        await peer.ExpectClosingAsync(CloseReason.AckInvalid, resumes: true);
        Assert.Equal(0, (await server.ReadyAsync(peer.Resume(received: 0))).Ready.Received);
    }

    [Fact]
    public async Task Data_that_acknowledges_nothing_yet_is_stored()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1", acked: 0);
        await peer.UntilDoneAsync(1);
    }

    [Theory]
    [InlineData("{\"a\":1}", true)]
    [InlineData("{\"a\": 1}", false)]
    [InlineData("{\"\\u0061\":1}", false)]
    public async Task The_same_payload_means_the_same_bytes(string again, bool isSame)
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "{\"a\":1}");
        await peer.UntilDoneAsync(1);
        await peer.DataAsync(1, again);
        if (isSame)
        {
            Assert.Equal(1, (await peer.NextAsync(FrameType.Ack)).Acked);
            return;
        }

        await peer.ExpectClosingAsync(CloseReason.SequenceConflict, resumes: true);
    }

    [Fact]
    public async Task One_id_under_two_numbers_of_a_session_is_a_duplicate()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1", id: "same");
        await peer.UntilDoneAsync(1);
        await peer.DataAsync(2, "1", id: "same");
        var nack = await peer.AfterAcksAsync(FrameType.Nack);
        Assert.Equal((2L, "duplicate", "done"), (nack.Re, nack.Cause, nack.Status));
    }

    [Fact]
    public async Task An_id_whose_message_was_refused_is_free_again()
    {
        using var server = new TestServer(
            static async (turn, _) => await (turn.Sequence == 1 ? throw new InvalidDataException("No.") : turn.SendRawAsync(turn.Message)),
            new EndpointOptions { TriesMax = 1 })
        { Expects = [typeof(InvalidDataException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1", id: "same");
        Assert.Equal("handler_failed", (await peer.AfterAcksAsync(FrameType.Nack)).Cause);
        await peer.DataAsync(2, "2", id: "same");
        Assert.Equal("2", TestPeer.TextOf(await peer.AfterAcksAsync(FrameType.Data)));
    }

    [Fact]
    public async Task Old_content_under_an_old_number_is_refused()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        for (var s = 1; s <= 65; s++)
        {
            await peer.DataAsync(s, "1");
            await peer.UntilDoneAsync(s);
        }

        await peer.DataAsync(1, "2", id: "another");
        await peer.ExpectClosingAsync(CloseReason.SequenceConflict, resumes: true);
    }

    [Fact]
    public async Task An_unasked_pong_is_good_from_hello_on()
    {
        using var stage = await Stage.AtAsync(ConnectionState.Authenticated);
        await stage.Peer.SendAsync(static writer => writer.Write(FrameType.Pong));
        stage.Server.Server.Gates.Report("agent", GateState.Open);
        await stage.Peer.NextAsync(FrameType.Gate);
        await stage.Peer.NextAsync(FrameType.Ready);
        await stage.Peer.SendAsync(static writer => writer.Write(FrameType.Pong));
        await stage.Peer.DataAsync(1, "1");
        await stage.Peer.UntilDoneAsync(1);
    }

    [Fact]
    public async Task Bye_before_ready_is_out_of_phase()
    {
        using var stage = await Stage.AtAsync(ConnectionState.Authenticated);
        await stage.Peer.ByeAsync();
        await stage.Peer.ExpectClosingAsync(CloseReason.FrameOutOfPhase);
    }

    [Fact]
    public async Task Saw_without_resume_is_used_for_nothing()
    {
        using var server = new TestServer();
        var peer = await server.OpenAsync();
        await peer.HelloAsync(TestPeer.Hello() with { Saw = [new SeenClose { Connection = "c-1", Code = 1006 }] });
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        Assert.Equal("new", peer.Ready.Resume);
        Assert.DoesNotContain(server.Log.Lines, static line => line.Text.Contains("follows", StringComparison.Ordinal));
    }
}
