using Airlock.Server.Live;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Server.Tests.Live;

public sealed class LiveKeyTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LiveKey _key;

    public LiveKeyTests() => _key = new LiveKey(Options.Create(new LiveOptions { LinkLifetime = TimeSpan.FromMinutes(1) }), _time);

    [Fact]
    public void A_key_is_used_once()
    {
        var key = _key.Make();
        Assert.True(_key.TryUse(key));
        Assert.False(_key.TryUse(key));
    }

    [Fact]
    public void A_wrong_key_does_not_use_up_the_right_one()
    {
        var key = _key.Make();
        Assert.False(_key.TryUse(null));
        Assert.False(_key.TryUse(""));
        Assert.False(_key.TryUse(key + "A"));
        Assert.True(_key.TryUse(key));
    }

    [Fact]
    public void A_key_expires()
    {
        var key = _key.Make();
        _time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.True(_key.TryUse(key));
        key = _key.Make();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_key.TryUse(key));
    }

    [Fact]
    public void A_new_key_takes_the_place_of_the_one_before()
    {
        var first = _key.Make();
        var second = _key.Make();
        Assert.NotEqual(first, second);
        Assert.False(_key.TryUse(first));
        Assert.True(_key.TryUse(second));
    }

    [Fact]
    public void Without_a_key_nobody_gets_in() => Assert.False(_key.TryUse("anything"));
}
