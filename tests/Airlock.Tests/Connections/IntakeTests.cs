using System.Text;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Connections;

public sealed class IntakeTests
{
    private static readonly EndpointOptions _small = new() { HoldMessagesBeforeAuthentication = 2, HoldBytesBeforeAuthentication = 20, HoldMessagesMax = 3, HoldBytesMax = 30 };

    [Fact]
    public async Task Messages_before_ready_are_handled_once_in_order_after_it()
    {
        using var stage = await Stage.AtAsync(ConnectionState.Accepted, isAuthenticating: true);
        await stage.Peer.DataAsync(1, "1");
        await stage.Peer.DataAsync(2, "2");
        Assert.Equal(0, stage.Server.Store.Count);
        stage.CompleteLate();
        await stage.Peer.NextAsync(FrameType.Authed);
        await stage.Peer.NextAsync(FrameType.Ready);
        await stage.Peer.DataAsync(3, "3");
        for (var s = 1; s <= 3; s++)
        {
            var reply = await stage.Peer.AfterAcksAsync(FrameType.Data);
            Assert.Equal((s, $"{s}"), (reply.Re, TestPeer.TextOf(reply)));
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(21)]
    [InlineData(10, 11)]
    public async Task The_credit_before_authentication_is_small(params int[] bytes)
    {
        using var stage = await Stage.AtAsync(ConnectionState.Accepted, isAuthenticating: true, _small);
        for (var s = 1; s <= bytes.Length; s++)
        {
            await stage.Peer.DataAsync(s, new string('1', bytes[s - 1]));
        }

        await stage.Peer.ExpectClosingAsync(CloseReason.EarlyDataOverflow);
        stage.CompleteLate();
        stage.Server.AssertNothingLeft();
        Assert.Equal(0, stage.Server.Store.Count);
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(31)]
    [InlineData(10, 10, 11)]
    public async Task The_credit_after_authentication_counts_all_that_is_held(params int[] bytes)
    {
        using var stage = await Stage.AtAsync(ConnectionState.Authenticated, options: _small);
        for (var s = 1; s <= bytes.Length; s++)
        {
            await stage.Peer.DataAsync(s, new string('1', bytes[s - 1]));
        }

        await stage.Peer.ExpectClosingAsync(CloseReason.EarlyDataOverflow);
        stage.Server.AssertNothingLeft();
    }

    [Fact]
    public async Task What_the_credit_allows_is_held_up_to_the_last_byte()
    {
        using var stage = await Stage.AtAsync(ConnectionState.Authenticated, options: _small);
        for (var s = 1; s <= 3; s++)
        {
            await stage.Peer.DataAsync(s, "1234567890");
        }

        stage.Server.Server.Gates.Report("agent", GateState.Open);
        await stage.Peer.NextAsync(FrameType.Gate);
        await stage.Peer.NextAsync(FrameType.Ready);
        await stage.Peer.UntilDoneAsync(3);
    }

    [Fact]
    public async Task Data_before_ready_with_a_resume_closes()
    {
        using var server = new TestServer();
        var first = await server.ReadyAsync();
        var peer = await server.OpenAsync();
        await peer.SendAsync(writer =>
        {
            writer.Write(TestPeer.Hello(first.Resume(0)));
            writer.WriteData(1, "m1", Encoding.UTF8.GetBytes("1"));
        });
        await peer.ExpectClosingAsync(CloseReason.EarlyData, resumes: true);
    }

    [Fact]
    public async Task Early_data_whose_ready_was_lost_is_reached_by_the_instance()
    {
        using var server = new TestServer();
        var first = await server.OpenAsync();
        await first.SendAsync(writer =>
        {
            writer.Write(TestPeer.Hello());
            writer.WriteData(1, "m1", Encoding.UTF8.GetBytes("\"hello\""));
        });
        // Its ready and the reply were written; nobody has read them.
        await first.UntilDoneAsync(1);
        first.Stream.Cut();
        await first.EndedAsync();

        var second = await server.ReadyAsync(new ResumeRequest { Session = null, Attempt = 2, Received = 0 });
        Assert.Equal(("resumed", first.Ready.Session, 1L, 2L), (second.Ready.Resume, second.Ready.Session, second.Ready.Received, second.Ready.Generation));
        var reply = await second.AfterAcksAsync(FrameType.Data);
        Assert.Equal((1L, "\"hello\""), (reply.Re, TestPeer.TextOf(reply)));
        Assert.Equal(1, server.Store.Count);
    }

    [Fact]
    public async Task The_window_counts_what_was_held()
    {
        using var server = new TestServer(handler: static (_, stop) => Task.Delay(Timeout.Infinite, stop), options: new EndpointOptions { Session = new SessionLimits { Window = 2 } });
        var peer = await server.OpenAsync();
        await peer.SendAsync(writer =>
        {
            writer.Write(TestPeer.Hello());
            for (var s = 1; s <= 3; s++)
            {
                writer.WriteData(s, $"m{s}", Encoding.UTF8.GetBytes("1"));
            }
        });
        await peer.ExpectClosingAsync(CloseReason.WindowExceeded, resumes: true);
    }
}
