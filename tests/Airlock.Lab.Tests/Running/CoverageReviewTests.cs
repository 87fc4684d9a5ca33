using Airlock.Core;
using Airlock.Lab.Running;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Tests.Running;

public sealed class CoverageReviewTests
{
    private static readonly (ConnectionState State, EventKind Kind)[] _all = [.. from state in Enum.GetValues<ConnectionState>() from kind in Enum.GetValues<EventKind>() select (state, kind)];

    [Fact]
    public void A_pair_that_was_not_reached_is_named()
    {
        var review = Review(except: (ConnectionState.Draining, EventKind.ByeReceived));
        Assert.Equal(["Draining + ByeReceived"], review.NotReached);
        Assert.False(review.IsComplete);
        Assert.Equal(review.Possible - 1, review.Reached);
    }

    [Fact]
    public void A_pair_that_cannot_be_reached_need_not_be()
    {
        var review = Review(except: (ConnectionState.Draining, EventKind.ByeReceived), impossible: (ConnectionState.Draining, EventKind.ByeReceived));
        Assert.True(review.IsComplete);
    }

    [Fact]
    public void A_pair_that_is_reached_though_listed_as_impossible_is_named()
    {
        var review = Review(impossible: (ConnectionState.Draining, EventKind.ByeReceived));
        Assert.Equal(["Draining + ByeReceived"], review.WronglyListed);
        Assert.False(review.IsComplete);
    }

    [Fact]
    public void Each_pair_that_cannot_be_reached_says_why() =>
        Assert.All(UnreachablePairs.All, static pair => Assert.EndsWith(".", pair.Value, StringComparison.Ordinal));

    private static CoverageReview Review((ConnectionState, EventKind)? except = null, params (ConnectionState, EventKind)[] impossible)
    {
        var coverage = new Coverage();
        foreach (var (state, kind) in _all.Where(pair => pair != except))
        {
            coverage.Add(state, kind);
        }

        return new CoverageReview(coverage, impossible);
    }
}
