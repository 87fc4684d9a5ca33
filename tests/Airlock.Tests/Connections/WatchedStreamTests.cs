namespace Airlock.Tests.Connections;

public sealed class WatchedStreamTests
{
    [Theory]
    [InlineData(new byte[] { 0x88, 0 }, 1005)]
    [InlineData(new byte[] { 0x88, 2, 3, 0xE8 }, 1000)]
    [InlineData(new byte[] { 0x88, 4, 0x10, 0x6A, (byte)'m', (byte)'o' }, 4202)]
    [InlineData(new byte[] { 0x81, 2, 3, 0xE8 }, 0)]
    [InlineData(new byte[] { 0x88 }, 0)]
    public async Task The_close_that_goes_out_is_known_by_its_code(byte[] frame, int code)
    {
        await using var watched = new WatchedStream(new MemoryStream());
        Assert.Equal(0, watched.CloseSent);
        await watched.WriteAsync(frame, TestContext.Current.CancellationToken);
        Assert.Equal(code, watched.CloseSent);
    }
}
