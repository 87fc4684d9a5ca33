using CsCheck;

namespace Airlock.Core.Tests;

public sealed class OutboxTests
{
    [Fact]
    public void Numbers_are_contiguous_from_one()
    {
        var outbox = new Outbox(10, 100);
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 3).Select(_ => outbox.Append(Data(1)).Sequence));
        Assert.Equal((3, 0, 3), (outbox.Appended, outbox.Acked, outbox.Bytes));
    }

    [Fact]
    public void Acknowledgement_is_checked_at_both_bounds()
    {
        var outbox = Filled(4);
        Assert.Equal(AckVerdict.BeyondAppended, outbox.Acknowledge(5));
        Assert.Equal(AckVerdict.Backward, outbox.Acknowledge(-1));
        Assert.Equal((0, 4), (outbox.Acked, outbox.Bytes));
        Assert.Equal(AckVerdict.Applied, outbox.Acknowledge(0));
        Assert.Equal(AckVerdict.Applied, outbox.Acknowledge(3));
        Assert.Equal(AckVerdict.Applied, outbox.Acknowledge(3));
        Assert.Equal(AckVerdict.Backward, outbox.Acknowledge(2));
        Assert.Equal(AckVerdict.Applied, outbox.Acknowledge(4));
        Assert.Equal((4, 0), (outbox.Acked, outbox.Bytes));
        Assert.Null(outbox.After(0));
    }

    [Fact]
    public void Full_by_entries_or_by_bytes_until_acknowledged()
    {
        var byEntries = new Outbox(2, 1000);
        byEntries.Append(Data(1));
        Assert.False(byEntries.IsFull);
        byEntries.Append(Data(1));
        Assert.True(byEntries.IsFull);
        byEntries.Acknowledge(1);
        Assert.False(byEntries.IsFull);

        var byBytes = new Outbox(100, 10);
        byBytes.Append(Data(9));
        Assert.False(byBytes.IsFull);
        byBytes.Append(Data(1));
        Assert.True(byBytes.IsFull);
        byBytes.Acknowledge(1);
        Assert.False(byBytes.IsFull);
    }

    [Fact]
    public void Cursor_below_what_is_acknowledged_starts_at_the_first_kept()
    {
        var outbox = Filled(6);
        outbox.Acknowledge(2);
        Assert.Equal(3, outbox.After(0)!.Sequence);
        Assert.Equal(3, outbox.After(2)!.Sequence);
        Assert.Equal(6, outbox.After(5)!.Sequence);
        Assert.Null(outbox.After(6));
        Assert.Null(outbox.After(long.MaxValue));
    }

    [Fact]
    public void Copy_goes_its_own_way()
    {
        var one = Filled(3);
        var other = new Outbox(one);
        one.Acknowledge(2);
        one.Append(Data(5));
        Assert.Equal((3, 0, 3), (other.Appended, other.Acked, other.Bytes));
        Assert.Equal([1, 2, 3], Kept(other).Select(entry => entry.Sequence));
        other.Append(Data(7));
        Assert.Equal([5, 7], new[] { Kept(one)[^1].Payload.Length, Kept(other)[^1].Payload.Length });
    }

    [Fact]
    public void Random_steps_agree_with_a_list() =>
        Gen.Select(Gen.Bool, Gen.Int[-2, 12]).Array[0, 60].Sample(steps =>
        {
            var outbox = new Outbox(3, 20);
            var all = new List<OutboxEntry>();
            var acked = 0;
            foreach (var (appends, number) in steps)
            {
                if (appends)
                {
                    all.Add(outbox.Append(Data(Math.Abs(number))));
                }
                else
                {
                    var expected = number > all.Count ? AckVerdict.BeyondAppended : number < acked ? AckVerdict.Backward : AckVerdict.Applied;
                    Assert.Equal(expected, outbox.Acknowledge(number));
                    acked = expected == AckVerdict.Applied ? number : acked;
                }

                outbox.CheckInvariants();
                var kept = all.Skip(acked).ToList();
                var bytes = kept.Sum(entry => entry.Payload.Length);
                Assert.Equal((all.Count, acked, bytes), (outbox.Appended, outbox.Acked, outbox.Bytes));
                Assert.Equal(kept.Count >= 3 || bytes >= 20, outbox.IsFull);
                Assert.Equal(kept, Kept(outbox));
            }
        }, iter: 2000);

    private static OutboxEntry Data(int bytes) => new() { Kind = EntryKind.Data, Payload = new byte[bytes] };

    private static Outbox Filled(int entries)
    {
        var outbox = new Outbox(10, 100);
        for (var i = 0; i < entries; i++)
        {
            outbox.Append(Data(1));
        }

        return outbox;
    }

    private static List<OutboxEntry> Kept(Outbox outbox)
    {
        var kept = new List<OutboxEntry>();
        for (var cursor = outbox.Acked; outbox.After(cursor) is { } entry; cursor = entry.Sequence)
        {
            kept.Add(entry);
        }

        return kept;
    }

    [Fact]
    public void A_copy_needs_an_original() => Assert.Throws<ArgumentNullException>("other", () => new Outbox(null!));
}
