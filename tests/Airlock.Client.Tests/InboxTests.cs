using Airlock.Core;

namespace Airlock.Client.Tests;

public sealed class InboxTests
{
    private const int WaitingMax = 65_536;

    [Fact]
    public void As_many_messages_and_bytes_may_wait_as_a_server_may_leave_unacknowledged_and_no_more()
    {
        var bytes = new Inbox(10);
        Accept(bytes, 1, 4);
        Accept(bytes, 2, 6);
        Assert.Equal("2 messages of 10 bytes came without an acknowledgement.", Assert.Throws<ServerViolation>(() => Accept(bytes, 3, 1)).Message);
        Assert.Equal(2, bytes.Arrived);
        // An empty one is no byte; and what was handled makes room.
        Accept(bytes, 3, 0);
        bytes.Handle();
        Accept(bytes, 4, 4);
        Assert.Throws<ServerViolation>(() => Accept(bytes, 5, 1));

        var count = new Inbox(1 << 20);
        for (var s = 1; s <= WaitingMax; s++)
        {
            Accept(count, s, 0);
        }

        Assert.Equal("65536 messages of 0 bytes came without an acknowledgement.", Assert.Throws<ServerViolation>(() => Accept(count, WaitingMax + 1, 0)).Message);
        count.Handle();
        Accept(count, WaitingMax + 1, 0);
    }

    [Fact]
    public void Numbers_are_taken_once_and_without_a_gap()
    {
        var inbox = new Inbox(10);
        Assert.Equal("Number 2 came after 0.", Assert.Throws<ServerViolation>(() => Accept(inbox, 2, 0)).Message);
        Assert.True(Accept(inbox, 1, 0));
        Assert.False(Accept(inbox, 1, 0));
        Assert.True(Accept(inbox, 2, 0));
        Assert.False(Accept(inbox, 1, 0));
        Assert.Equal((2, 0, 0), (inbox.Arrived, inbox.Handled, inbox.Received));
        inbox.Handle();
        Assert.Equal((2, 1, 1), (inbox.Arrived, inbox.Handled, inbox.Received));
    }

    [Fact]
    public void What_is_released_counts_as_received_while_it_is_at_most_a_quarter_of_what_may_wait()
    {
        var bytes = new Inbox(40);
        Accept(bytes, 1, 10);
        bytes.Release();
        Assert.Equal((1, 0), (bytes.Received, bytes.Handled));
        Accept(bytes, 2, 1);
        Assert.Equal(1, bytes.Received);
        bytes.Handle();
        Assert.Equal(2, bytes.Received);
        bytes.Hold();
        Accept(bytes, 3, 0);
        Assert.Equal(2, bytes.Received);

        var count = new Inbox(1 << 20);
        count.Release();
        for (var s = 1; s <= (WaitingMax / 4) + 1; s++)
        {
            Accept(count, s, 0);
        }

        Assert.Equal(WaitingMax / 4, count.Received);
    }

    [Fact]
    public void Tries_that_stream_are_open_until_they_end_or_are_withdrawn()
    {
        var inbox = new Inbox(10);
        var s = 0;
        foreach (var (kind, re, @try, provisional) in new[]
        {
            (MessageKind.Data, 1, 1, true), (MessageKind.Data, 2, 1, true), (MessageKind.Void, 1, 1, false), (MessageKind.Data, 1, 2, true), (MessageKind.Data, 3, 1, false), (MessageKind.Nack, 2, 0, false),
        })
        {
            inbox.Accept(new ServerMessage(kind, 0) { Sequence = ++s, Re = $"m-{re}", ReSequence = re, Try = @try, Provisional = provisional });
        }

        Assert.Empty(inbox.OpenOf(0));
        for (; s > 0; s--)
        {
            inbox.Handle();
        }

        Assert.Equal([((1, 2), "m-1"), ((2, 1), "m-2")], inbox.OpenOf(0).Order());
        Assert.Empty(inbox.OpenOf(1));
        inbox.Accept(new ServerMessage(MessageKind.End, 0) { Sequence = 7, ReSequence = 2, Try = 1 });
        // Not handled yet, but it is here.
        Assert.Equal([((1, 2), "m-1")], inbox.Reset());
        Assert.Equal((0, 0, 0, 1), (inbox.Arrived, inbox.Handled, inbox.Received, inbox.Epoch));
    }

    [Fact]
    public void Loss_that_waits_names_what_waits_before_it_and_joins_only_what_follows_that_on_the_way_down()
    {
        // Two and three wait.
        Assert.Equal([Down(2, 3)], Lost());
        Assert.Equal([Down(2, 9)], Lost(Down(4, 9)));
        Assert.Equal([Down(2, null)], Lost(Down(4, null)));
        Assert.Equal([Down(2, 3), Down(5, 9)], Lost(Down(5, 9)));
        Assert.Equal([Down(2, 3), Up(4, 6)], Lost(Up(4, 6)));
        Assert.Equal([Down(2, 9), Up(4, 6)], Lost(Up(4, 6), Down(4, 9)));
        Assert.Equal([Down(2, 9), Up(4, 6)], Lost(Down(4, 9), Up(4, 6)));

        static LostRange Down(long from, long? to) => new(Direction.Down, from, to);

        static LostRange Up(long from, long? to) => new(Direction.Up, from, to);

        static IEnumerable<LostRange> Lost(params LostRange[] lost)
        {
            var inbox = new Inbox(10);
            for (var s = 1; s <= 3; s++)
            {
                Accept(inbox, s, 1);
            }

            inbox.Handle();
            inbox.Reset();
            inbox.Tell(new ServerMessage(MessageKind.Lost, 0) { Lost = lost });
            var (epoch, told) = Assert.Single(inbox.Losses);
            Assert.Equal(0, epoch);
            return told;
        }
    }

    [Fact]
    public void What_of_an_old_session_is_handled_counts_in_no_new_one()
    {
        var inbox = new Inbox(10);
        Accept(inbox, 1, 4);
        Accept(inbox, 2, 4);
        inbox.Reset();
        Assert.True(inbox.Accept(new ServerMessage(MessageKind.Data, 1) { Sequence = 1, Payload = new byte[2] }));
        inbox.Handle();
        inbox.Handle();
        Assert.Equal((1, 0, 0), (inbox.Arrived, inbox.Handled, inbox.Received));
        inbox.Handle();
        Assert.Equal((1, 1, 1), (inbox.Arrived, inbox.Handled, inbox.Received));
        Assert.Null(inbox.Waiting);
        inbox.CheckInvariants();
    }

    private static bool Accept(Inbox inbox, long sequence, int bytes) => inbox.Accept(new ServerMessage(MessageKind.Data, 0) { Sequence = sequence, Payload = new byte[bytes] });
}
