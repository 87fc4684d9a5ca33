namespace Airlock.Client.Tests;

public sealed class OutboxTests
{
    private const int FinishedMax = 1024;

    [Fact]
    public void A_number_is_a_place_and_what_lies_beside_has_none()
    {
        var outbox = With(3);
        outbox.Acknowledge(2, 1, 0);
        Assert.Equal([null, null, "m-2", "m-3", null], Enumerable.Range(0, 5).Select(s => outbox.At(s)?.Id));
        Assert.Equal(("m-3", 3L), (outbox.Find("m-3")!.Value.Message.Id, outbox.Find("m-3")!.Value.Sequence));
        Assert.Null(outbox.Find("m-1"));
        Assert.Equal(["m-1", "m-2", null], new[] { 1, 2, 4 }.Select(s => outbox.IdOf(s)));
        Assert.Equal("m-1", outbox.Named(1)!.Id);
        Assert.NotNull(outbox.Settle(0));
        Assert.Null(outbox.Named(1));
        Assert.Equal((1, 2, 3, 3, 3L), (outbox.Done, outbox.Stored, outbox.Transmitted, outbox.Written, outbox.Last));
    }

    [Fact]
    public void Ids_of_the_last_1024_finished_messages_are_remembered()
    {
        var outbox = With(FinishedMax + 1);
        outbox.Acknowledge(FinishedMax, FinishedMax, 0);
        Assert.Equal("m-1", outbox.IdOf(1));
        Assert.Equal(FinishedMax, outbox.Finished.Count());
        outbox.CheckInvariants();
        outbox.Acknowledge(FinishedMax + 1, FinishedMax + 1, 0);
        Assert.Null(outbox.IdOf(1));
        Assert.Equal("m-2", outbox.IdOf(2));
        Assert.Equal(FinishedMax, outbox.Finished.Count());
        outbox.CheckInvariants();
        Assert.Null(new Outbox().IdOf(1));
    }

    [Fact]
    public void The_next_to_write_is_in_the_window_and_not_behind_the_end()
    {
        var outbox = With(4, transmit: 0);
        Assert.Equal("m-1", outbox.Peek(1, null)!.Id);
        Assert.Equal(1, outbox.Advance());
        Assert.Null(outbox.Peek(1, null));
        Assert.Equal("m-2", outbox.Peek(2, null)!.Id);
        Assert.Null(outbox.Peek(2, 1));
        Assert.Equal("m-2", outbox.Peek(2, 2)!.Id);
        outbox.Acknowledge(1, 1, 0);
        Assert.Equal("m-2", outbox.Peek(1, null)!.Id);
        for (var s = 2; s <= 4; s++)
        {
            outbox.Advance();
        }

        Assert.Null(outbox.Peek(100, null));
    }

    [Theory]
    [InlineData(3, 2, null)]
    [InlineData(2, 1, null)]
    [InlineData(3, 3, null)]
    [InlineData(null, 2, null)]
    [InlineData(4, 1, "An acknowledgement (a 4, d 1) is beyond what was sent (3) or stored.")]
    [InlineData(2, 3, "An acknowledgement (a 2, d 3) is beyond what was sent (3) or stored.")]
    [InlineData(null, 3, "An acknowledgement (a , d 3) is beyond what was sent (3) or stored.")]
    [InlineData(1, 1, "An acknowledgement (a 1, d 1) went back from (a 2, d 1).")]
    [InlineData(2, 0, "An acknowledgement (a 2, d 0) went back from (a 2, d 1).")]
    public void An_acknowledgement_lies_between_the_last_and_what_was_sent(int? stored, int? done, string? wrong)
    {
        var outbox = With(3);
        outbox.Acknowledge(2, 1, 0);
        if (wrong is not null)
        {
            Assert.Equal(wrong, Assert.Throws<ServerViolation>(() => outbox.Acknowledge(stored, done, 0)).Message);
            Assert.Equal((2, 1), (outbox.Stored, outbox.Done));
        }
        else
        {
            outbox.Acknowledge(stored, done, 0);
            Assert.Equal((stored ?? 2, done ?? 1), (outbox.Stored, outbox.Done));
        }

        outbox.CheckInvariants();
    }

    [Theory]
    [InlineData(2, 1, null)]
    [InlineData(3, 3, null)]
    [InlineData(4, 1, "ready says that 4 messages are stored, but only 3 were written.")]
    [InlineData(1, 1, "ready says that 1 messages are stored and 1 done, but it was told before of 2 and 1.")]
    [InlineData(2, 0, "ready says that 2 messages are stored and 0 done, but it was told before of 2 and 1.")]
    [InlineData(2, 3, "ready says that 2 messages are stored and 3 done, but it was told before of 2 and 1.")]
    public void A_resume_lies_between_what_was_told_and_what_was_written(long received, long done, string? wrong)
    {
        var outbox = With(4, transmit: 3);
        outbox.Acknowledge(2, 1, 0);
        if (wrong is not null)
        {
            Assert.Equal(wrong, Assert.Throws<ServerViolation>(() => outbox.Resume(received, done, 0)).Message);
            Assert.Equal((3, 2, 1), (outbox.Transmitted, outbox.Stored, outbox.Done));
        }
        else
        {
            outbox.Resume(received, done, 0);
            Assert.Equal((received, received, done, 3), (outbox.Transmitted, outbox.Stored, outbox.Done, outbox.Written));
        }

        outbox.CheckInvariants();
    }

    [Fact]
    public void Bytes_are_those_of_what_is_kept_whichever_way_it_goes()
    {
        var outbox = With(4);
        Assert.Equal(1 + 2 + 3 + 4, outbox.Bytes);
        outbox.Acknowledge(1, 1, 0);
        Assert.Equal(2 + 3 + 4, outbox.Bytes);
        outbox.At(2)!.Stopped = true;
        outbox.Renumber();
        Assert.Equal(3 + 4, outbox.Bytes);
        outbox.Advance();
        outbox.Drop();
        Assert.Equal(3, outbox.Bytes);
        outbox.CheckInvariants();
        Assert.Equal("m-3", Assert.Single(outbox.Clear()).Id);
        Assert.Equal(0, outbox.Bytes);
        outbox.CheckInvariants();
    }

    [Fact]
    public void What_is_finished_is_settled_in_its_order_when_what_might_refuse_it_has_arrived()
    {
        var outbox = With(3);
        outbox.Acknowledge(1, 1, 5);
        outbox.Acknowledge(2, 2, 3);
        Assert.Null(outbox.Settle(4));
        Assert.False(outbox.IsSettled);
        Assert.Equal(["m-1", "m-2", "m-3"], outbox.Untold.Select(static message => message.Id));
        Assert.Equal(["m-1", "m-2", null], new[] { 5, 5, 5 }.Select(arrived => outbox.Settle(arrived)?.Id));
        Assert.True(outbox.IsSettled);
        outbox.Acknowledge(3, 3, 99);
        outbox.Renumber();
        Assert.Equal("m-3", outbox.Settle(0)!.Id);
    }

    [Fact]
    public void In_doubt_is_what_may_be_stored_and_is_not_done()
    {
        var outbox = With(3, transmit: 2);
        outbox.Acknowledge(1, 1, 0);
        Assert.Equal([false, false, true, true], new[] { 0, 1, 2, 9 }.Select(received => outbox.IsInDoubt(received)));
        outbox.Acknowledge(2, 2, 0);
        Assert.False(outbox.IsInDoubt(9));
    }

    /// <summary>As many messages, of 1 byte, 2 bytes and so on, of which the first are written.</summary>
    private static Outbox With(int messages, int? transmit = null)
    {
        var outbox = new Outbox();
        for (var n = 1; n <= messages; n++)
        {
            outbox.Append(new OutboxMessage($"m-{n}", new byte[n]));
        }

        for (var n = 0; n < (transmit ?? messages); n++)
        {
            outbox.Advance();
        }

        return outbox;
    }
}
