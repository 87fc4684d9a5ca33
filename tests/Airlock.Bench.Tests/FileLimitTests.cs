namespace Airlock.Bench.Tests;

public class FileLimitTests
{
    private static readonly string[] _limits =
    [
        "Limit                     Soft Limit           Hard Limit           Units     ",
        "Max open files            256                  1024                 files     ",
    ];

    [Fact]
    public void Too_few_descriptors_are_named_with_the_way_out() =>
        Assert.Equal(
            "This needs 1025 file descriptors and may have 1024. Raise it (ulimit -n 1025; for good: nofile in /etc/security/limits.conf), or ask for less with --connections 824.",
            FileLimit.Check(_limits, 1025));

    [Fact]
    public void Enough_descriptors_pass()
    {
        Assert.Null(FileLimit.Check(_limits, 1024));
        Assert.Null(FileLimit.Check(["Max open files            1024                 unlimited            files     "], 100_000));
        Assert.Null(FileLimit.Check([], 1));
    }
}
