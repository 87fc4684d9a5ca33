using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Tests.Sessions;

public sealed class MemorySessionTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_wish_is_heard_from_the_connection_that_has_the_session_and_from_no_other()
    {
        using var store = NewStore();
        var first = await AttachAsync(store, "c1");
        Assert.Equal((AttachmentVerdict.Applied, AttachmentVerdict.Applied), (await first.Log!.StopAsync(first.Generation, 1), await StopOtherAsync(first)));
        var second = await AttachAsync(store, "c2", new ResumeRequest { Session = first.Log.Id, Attempt = 2, Received = 0 });
        Assert.Equal((AttachmentVerdict.Fenced, AttachmentVerdict.Fenced), (await first.Log.StopAsync(first.Generation, 1), await first.Log.EndInputAsync(first.Generation)));
        Assert.Equal(AttachmentVerdict.Applied, await second.Log!.StopAsync(second.Generation, 1));
        await second.Log.EndAsync(CloseReason.SessionEnded);
        Assert.Equal((AttachmentVerdict.Ended, AttachmentVerdict.Ended), (await second.Log.StopAsync(second.Generation, 1), await second.Log.EndInputAsync(second.Generation)));

        static ValueTask<AttachmentVerdict> StopOtherAsync(AttachOutcome of) => of.Log!.StopAsync(of.Generation, 99);
    }

    [Fact]
    public async Task The_lease_is_kept_while_there_is_something_to_handle_unless_it_is_given_back_always_or_the_session_has_ended()
    {
        using var store = NewStore();
        var at = await AttachAsync(store, "c1");
        var log = at.Log!;
        Assert.True(await log.TryLeaseAsync());
        Assert.False(await log.TryLeaseAsync());
        Assert.True(await log.ReleaseLeaseAsync(always: false));
        Assert.True(await log.TryLeaseAsync());
        await log.AppendAsync(at.Generation, 1, "m", "1"u8.ToArray());
        Assert.False(await log.ReleaseLeaseAsync(always: false));
        Assert.False(await log.TryLeaseAsync());
        Assert.True(await log.ReleaseLeaseAsync(always: true));
        Assert.True(await log.TryLeaseAsync());
        Assert.True(Assert.Single(store.Report()).IsBusy);
        await log.EndAsync(CloseReason.SessionEnded);
        Assert.True(await log.ReleaseLeaseAsync(always: false));
        Assert.False(await log.TryLeaseAsync());
    }

    private MemorySessionStore NewStore() => new(_time, new SeededEntropy(1), new MemorySessionStoreOptions());

    private static async Task<AttachOutcome> AttachAsync(MemorySessionStore store, string connection, ResumeRequest? resume = null) =>
        await store.AttachAsync(new AttachRequest { Endpoint = "/e", Principal = TestServer.UserOf("alice"), Connection = connection, Instance = "i", Resume = resume, Limits = new SessionLimits(), Observer = new Deaf() }, CancellationToken.None);

    private sealed class Deaf : ISessionObserver
    {
        public void OnChanged()
        {
        }

        public void OnRevoked(CloseReason reason, TimeSpan? retryAfter)
        {
        }
    }
}
