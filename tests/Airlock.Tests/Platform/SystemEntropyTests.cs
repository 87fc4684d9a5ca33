namespace Airlock.Tests.Platform;

public sealed class SystemEntropyTests
{
    [Fact]
    public void Ids_have_128_random_bits_and_do_not_repeat()
    {
        var entropy = new SystemEntropy();
        var ids = Enumerable.Range(0, 10_000).Select(_ => entropy.NewId('s')).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());
        var bytes = ids.Select(static id => System.Buffers.Text.Base64Url.DecodeFromChars(id.AsSpan(2))).ToArray();
        Assert.All(bytes, static one => Assert.Equal(16, one.Length));
        // Each bit is set in about half of them: by chance it is off by a tenth less than once in 10^80 times.
        for (var bit = 0; bit < 128; bit++)
        {
            Assert.InRange(bytes.Count(one => (one[bit / 8] >> (bit % 8) & 1) == 1), 4_000, 6_000);
        }
    }
}
