using CsCheck;

namespace Airlock.Tests.Sessions;

public class ClaimedIdsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(100)]
    public void Any_sequence_of_claims_is_remembered_as_a_plain_list_of_the_last_ones_is(int max)
    {
        // Few ids, many steps: ids are claimed again, given up, pushed out and forgotten by age.
        var step = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2 * max], Gen.Int[0, 40]);
        step.Array[0, 400].Sample(steps =>
        {
            var ids = new ClaimedIds(max, seed: 7);
            var model = new List<(string Id, long Position, long Session, long At, bool IsDone, bool IsGivenUp)>();
            var now = 0L;
            foreach (var (kind, number, pause) in steps)
            {
                var id = $"id-{number}";
                var found = ids.TryFind(ids.KeyOf(id), out var claim);
                var expected = model.FindLastIndex(c => c.Id == id);
                Assert.Equal(expected >= 0 && !model[expected].IsGivenUp, found);
                if (found)
                {
                    Assert.Equal((model[expected].Session, model[expected].At, model[expected].IsDone), (claim.Session, claim.At, claim.IsDone));
                }

                switch (kind)
                {
                    case 0 when expected >= 0:
                        ids.Finish(model[expected].Position);
                        model[expected] = model[expected] with { IsDone = true };
                        break;
                    case 1 when expected >= 0:
                        ids.GiveUp(model[expected].Position);
                        model[expected] = model[expected] with { IsGivenUp = true };
                        break;
                    case 2:
                        now += pause;
                        ids.Forget(now - 60);
                        model.RemoveAll(c => c.At < now - 60);
                        break;
                    default:
                        model.Add((id, ids.Add(ids.KeyOf(id), number, sequence: 1, now), number, now, false, false));
                        model.RemoveRange(0, Math.Max(0, model.Count - max));
                        break;
                }

                Assert.Equal(model.Count, ids.Count);
            }
        });
    }

    [Fact]
    public void What_is_forgotten_can_no_longer_be_finished_or_given_up()
    {
        var ids = new ClaimedIds(max: 1, seed: 7);
        var first = ids.Add(ids.KeyOf("a"), session: 1, sequence: 1, now: 0);
        ids.Add(ids.KeyOf("b"), session: 1, sequence: 2, now: 0);
        ids.Finish(first);
        ids.GiveUp(first);
        Assert.False(ids.TryFind(ids.KeyOf("a"), out _));
        Assert.True(ids.TryFind(ids.KeyOf("b"), out var second));
        Assert.False(second.IsDone);
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(65, true)]
    public void A_user_that_was_busy_once_and_is_quiet_now_keeps_no_places_beyond_64(int claims, bool begins)
    {
        // What the runtime itself allocates on this thread is no part of it: the least of some rounds counts.
        var bytes = Enumerable.Range(0, 5).Select(_ =>
        {
            var ids = new ClaimedIds(max: 1000, seed: 7);
            for (var i = 1; i <= claims; i++)
            {
                ids.Add(new UInt128(0, (ulong)i), session: 1, sequence: i, now: 0);
            }

            ids.Forget(before: 1);
            Assert.Equal(0, ids.Count);
            var before = GC.GetAllocatedBytesForCurrentThread();
            ids.Add(new UInt128(0, 1), session: 1, sequence: 1, now: 1);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }).Min();
        Assert.Equal(begins, bytes > 0);
        Assert.InRange(bytes, 0, 1000);
    }

    [Fact]
    public void The_ids_of_one_user_take_at_most_four_mebibytes()
    {
        var max = new MemorySessionStoreOptions().IdsPerUserMax;
        // What the runtime itself allocates on this thread, when it compiles a loop anew say, is no part of it: the least of some rounds counts.
        var rounds = Enumerable.Range(0, 5).Select(_ => Measure()).ToList();
        Assert.InRange(rounds.Min(static round => round.Full), 1, (4 << 20) + 100);
        Assert.Equal(0, rounds.Min(static round => round.Beyond));

        (long Full, long Beyond) Measure()
        {
            var ids = new ClaimedIds(max, seed: 7);
            // So many fill half of the places. The next one makes all the places that there can be, anew.
            Claim(1, max / 2);
            var full = BytesOf(() => Claim((max / 2) + 1, (max / 2) + 1));
            var beyond = BytesOf(() => Claim((max / 2) + 2, 3 * max));
            Assert.Equal(max, ids.Count);
            return (full, beyond);

            void Claim(int from, int to)
            {
                for (var i = from; i <= to; i++)
                {
                    ids.Add(new UInt128((ulong)i << 32, (ulong)i), session: 1, sequence: i, now: 0);
                }
            }
        }

        static long BytesOf(Action act)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            act();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }
}
