using System.Text;
using Airlock.Core;

namespace Airlock.Tests.Connections;

/// <summary>Alone, since the pool is the process's.</summary>
[Collection(nameof(PooledBuffersTests))]
public sealed class FrameWriterPoolTests
{
    [Fact]
    public void At_most_64_writers_are_kept_and_none_that_grew_large()
    {
        // So many that the pool is empty.
        var writers = Rent();
        var large = writers[0];
        large.Begin();
        large.WriteData(1, "m", Encoding.UTF8.GetBytes($"\"{new string('x', 200_000)}\""));
        writers.ForEach(FrameWriterPool.Return);
        var again = Rent();
        Assert.DoesNotContain(large, again);
        // Not all for certain: somebody who is late may have given one back.
        Assert.InRange(again.Intersect(writers).Count(), 48, 64);
        Assert.Equal(again.Count, again.Distinct().Count());
        again.ForEach(FrameWriterPool.Return);

        static List<FrameWriter> Rent() => [.. Enumerable.Range(0, 200).Select(static _ => FrameWriterPool.Rent())];
    }
}
