using System.Text;
using CsCheck;

namespace Airlock.Core.Tests;

public sealed class InboxTests
{
    [Fact]
    public void Next_number_is_stored_and_no_other()
    {
        var inbox = new Inbox(4);
        Assert.Equal(AppendVerdict.Gap, Append(inbox, 2));
        Assert.Equal(AppendVerdict.Stored, Append(inbox, 1));
        Assert.Equal(AppendVerdict.Gap, Append(inbox, 3));
        Assert.Equal(AppendVerdict.Gap, Append(inbox, long.MaxValue));
        Assert.Equal(AppendVerdict.Stored, Append(inbox, 2));
        Assert.Equal((2, 0, 1), (inbox.Stored, inbox.Done, inbox.Next!.Sequence));
    }

    [Fact]
    public void Repeat_has_the_same_id_and_payload()
    {
        var inbox = new Inbox(4);
        Append(inbox, 1, "a", "hello, this is long enough for two words");
        Assert.Equal(AppendVerdict.Repeat, Append(inbox, 1, "a", "hello, this is long enough for two words"));
        foreach (var (id, payload) in new[] { ("b", "hello, this is long enough for two words"), ("a", "hello, this is long enough for two wordS"), ("a", "Hello, this is long enough for two words"), ("a", ""), ("ah", "ello, this is long enough for two words") })
        {
            Assert.Equal(AppendVerdict.Conflict, Append(inbox, 1, id, payload));
        }

        Assert.Equal(1, inbox.Stored);
    }

    [Fact]
    public void Every_byte_of_a_payload_counts_and_so_does_its_place()
    {
        var payload = string.Concat(Enumerable.Range(0, 150).Select(static i => (char)('a' + (i % 26))));
        var inbox = new Inbox(4);
        Append(inbox, 1, "a", payload);
        Assert.Equal(AppendVerdict.Repeat, Append(inbox, 1, "a", payload));
        for (var i = 0; i < payload.Length; i++)
        {
            Assert.Equal(AppendVerdict.Conflict, Append(inbox, 1, "a", $"{payload[..i]}A{payload[(i + 1)..]}"));
        }

        // Words in each other's places.
        Assert.Equal(AppendVerdict.Conflict, Append(inbox, 1, "a", $"{payload[8..16]}{payload[..8]}{payload[16..]}"));
        Assert.Equal(AppendVerdict.Conflict, Append(inbox, 1, "a", $"{payload[32..64]}{payload[..32]}{payload[64..]}"));
    }

    [Fact]
    public void Window_is_measured_from_what_is_done()
    {
        var inbox = new Inbox(2);
        Append(inbox, 1);
        Append(inbox, 2);
        Assert.Equal(AppendVerdict.WindowExceeded, Append(inbox, 3));
        Assert.Equal(2, inbox.Stored);
        inbox.Complete();
        Assert.Equal(AppendVerdict.Stored, Append(inbox, 3));
        Assert.Equal(AppendVerdict.WindowExceeded, Append(inbox, 4));
    }

    [Fact]
    public void Repeats_are_told_apart_over_the_whole_window_while_it_grows()
    {
        for (var window = 1; window <= 40; window++)
        {
            var inbox = new Inbox(window);
            for (var s = 1; s <= 2 * window + 3; s++)
            {
                if (s > window)
                {
                    inbox.Complete();
                }

                Assert.Equal(AppendVerdict.Stored, Append(inbox, s));
                for (var earlier = Math.Max(1, s - window + 1); earlier <= s; earlier++)
                {
                    Assert.Equal(AppendVerdict.Repeat, Append(inbox, earlier));
                    Assert.Equal(AppendVerdict.Conflict, Append(inbox, earlier, "other"));
                }
            }
        }
    }

    [Fact]
    public void Number_that_is_a_window_old_is_a_conflict_whatever_it_says()
    {
        for (var window = 1; window <= 10; window++)
        {
            var inbox = new Inbox(window);
            for (var s = 1; s <= 3 * window; s++)
            {
                Append(inbox, s);
                inbox.Complete();
                for (var old = 1; old <= s - window; old++)
                {
                    Assert.Equal(AppendVerdict.Conflict, Append(inbox, old));
                    Assert.Equal(AppendVerdict.Conflict, Append(inbox, old, "other", "2"));
                }
            }
        }
    }

    [Fact]
    public void Number_below_one_is_a_wrong_call()
    {
        var inbox = new Inbox(4);
        Assert.Throws<ArgumentOutOfRangeException>(() => Append(inbox, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Append(inbox, -3));
    }

    [Fact]
    public void Only_unfinished_messages_are_found()
    {
        var inbox = new Inbox(4);
        Append(inbox, 1);
        Append(inbox, 2);
        inbox.Complete();
        Assert.Null(inbox.Find(1));
        Assert.Equal(2, inbox.Find(2)!.Sequence);
        Assert.Null(inbox.Find(3));
        Assert.Null(inbox.Find(0));
    }

    [Fact]
    public void Copy_goes_its_own_way()
    {
        var one = new Inbox(4);
        Append(one, 1);
        Append(one, 2);
        var other = new Inbox(one);
        one.Complete();
        Append(one, 3, "three");
        Assert.Equal((2, 0, 1), (other.Stored, other.Done, other.Next!.Sequence));
        Assert.Equal(AppendVerdict.Stored, Append(other, 3, "drei"));
        Assert.Equal(AppendVerdict.Conflict, Append(one, 3, "drei"));
        Assert.Equal(AppendVerdict.Repeat, Append(other, 3, "drei"));
    }

    [Fact]
    public void Random_steps_agree_with_a_list() =>
        Gen.Select(Gen.Int[1, 6], Gen.Select(Gen.Int[0, 9], Gen.Int[0, 1]).Array[0, 60]).Sample((window, steps) =>
        {
            var inbox = new Inbox(window);
            var all = new List<string>();
            var done = 0;
            foreach (var (number, variant) in steps)
            {
                if (number == 0)
                {
                    if (done < all.Count)
                    {
                        inbox.Complete();
                        done++;
                    }
                }
                else
                {
                    // Around the end of the log, where the decisions are.
                    var sequence = Math.Max(1, all.Count - 6 + number);
                    var content = $"{sequence}/{variant}";
                    var recent = sequence > all.Count - Math.Min(window, all.Count);
                    var expected = sequence <= all.Count ? (recent && all[sequence - 1] == content ? AppendVerdict.Repeat : AppendVerdict.Conflict)
                        : sequence > all.Count + 1 ? AppendVerdict.Gap
                        : sequence > done + window ? AppendVerdict.WindowExceeded
                        : AppendVerdict.Stored;
                    Assert.Equal(expected, Append(inbox, sequence, "id", content));
                    if (expected == AppendVerdict.Stored)
                    {
                        all.Add(content);
                    }
                }

                inbox.CheckInvariants();
                Assert.Equal((all.Count, done), (inbox.Stored, inbox.Done));
                Assert.Equal(done < all.Count ? all[done] : null, inbox.Next is { } next ? Encoding.UTF8.GetString(next.Payload.Span) : null);
            }
        }, iter: 2000);

    private static AppendVerdict Append(Inbox inbox, long sequence, string id = "id", string payload = "1") => inbox.Append(sequence, id, Encoding.UTF8.GetBytes(payload));

    [Fact]
    public void A_copy_needs_an_original() => Assert.Throws<ArgumentNullException>("other", () => new Inbox(null!));
}
