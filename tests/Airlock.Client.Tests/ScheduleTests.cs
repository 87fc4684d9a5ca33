using System.Globalization;
using Airlock.Client.Tests.Reference;

namespace Airlock.Client.Tests;

/// <summary>Random lives of a client on virtual time: nothing is lost, doubled or reordered, nothing ends for good that should go on, nothing spins, nothing is left over.</summary>
public class ScheduleTests(ITestOutputHelper output)
{
    [Fact]
    public void Client_gets_through_every_schedule()
    {
        // AIRLOCK_CLIENT_SEED=… repeats one; AIRLOCK_CLIENT_SCHEDULES=… runs more; AIRLOCK_START=… is where they begin, else it is anywhere.
        var one = Number("AIRLOCK_CLIENT_SEED");
        var first = one ?? Number("AIRLOCK_START") ?? Random.Shared.Next(1_000_000_000);
        var count = one is null ? Number("AIRLOCK_CLIENT_SCHEDULES") ?? 300 : 1;
        var (dials, sessions, sent, gaps) = (0, 0, 0, 0);
        for (var seed = first; seed < first + count; seed++)
        {
            var schedule = new ClientSchedule(seed) { Trace = one is null ? null : output.WriteLine };
            var wrong = schedule.Run();
            Assert.True(wrong is null, $"AIRLOCK_CLIENT_SEED={seed} {wrong}");
            (dials, sessions, sent, gaps) = (dials + schedule.Dials, sessions + schedule.Sessions, sent + schedule.Sent, gaps + schedule.Gaps);
        }

        output.WriteLine($"{count} schedules from seed {first}: {dials} dials, {sessions} sessions, {sent} messages, {gaps} gaps");
        // They are no use if nothing happens in them.
        Assert.True(dials > 5 * count && sent > 50 * count, $"{dials} dials, {sent} messages, {gaps} gaps");
    }

    private static int? Number(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : null;
}
