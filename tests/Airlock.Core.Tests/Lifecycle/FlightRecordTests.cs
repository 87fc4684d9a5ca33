using static Airlock.Core.ConnectionState;
using static Airlock.Core.LifecycleEvent;

namespace Airlock.Core.Tests;

public sealed class FlightRecordTests
{
    [Fact]
    public void Entries_tell_time_event_states_refusal_and_reason()
    {
        var walk = Walk.To(Accepted);
        walk.Refused(Refusal.TooEarly, CloseSent());
        walk.Elapse(DeadlineKind.Hello);
        Assert.Equal(
            [
                new FlightEntry(1000, EventKind.UpgradeAccepted, Connecting, Accepted, null, null, 1),
                new FlightEntry(1000, EventKind.CloseSent, Accepted, Accepted, Refusal.TooEarly, null, 1),
                new FlightEntry(1100, EventKind.DeadlineElapsed, Accepted, Closing, null, CloseReason.HelloTimeout, 1),
            ],
            walk.Life.Record.Entries);
    }

    [Fact]
    public void Flood_of_refused_events_is_one_line_a_kind()
    {
        var walk = Walk.To(ProcessingReady);
        for (var i = 0; i < 1000; i++)
        {
            walk.Refused(Refusal.TooEarly, CloseSent());
            walk.Refused(Refusal.Stale, AttachSucceeded(7));
            walk.Do(GatesChanged(Walk.Open));
        }

        walk.Do(CloseRequested(CloseReason.SlowConsumer));
        var entries = walk.Life.Record.Entries;
        Assert.Equal(0, walk.Life.Record.Dropped);
        Assert.Equal([1, 1, 1, 1, 1, 1000, 1000, 1000, 1], entries.Select(entry => entry.Count));
        Assert.Equal(CloseReason.SlowConsumer, entries[^1].Reason);
    }

    [Fact]
    public void Equal_events_on_two_sides_of_a_change_are_two_lines()
    {
        var walk = Walk.To(ProcessingReady);
        walk.Refused(Refusal.TooEarly, CloseSent());
        walk.Do(GatesChanged(Walk.OptionalDown));
        walk.Refused(Refusal.TooEarly, CloseSent());
        walk.Do(GatesChanged(Walk.Open));
        walk.Refused(Refusal.TooEarly, CloseSent());
        Assert.Equal(3, walk.Life.Record.Entries.Count(entry => entry.Event == EventKind.CloseSent));
    }

    [Fact]
    public void Same_refusal_for_another_reason_is_another_line()
    {
        var walk = Walk.To(Closing);
        walk.Refused(Refusal.TooLate, CloseRequested(CloseReason.Moved));
        walk.Refused(Refusal.TooLate, CloseRequested(CloseReason.NoPong));
        walk.Refused(Refusal.TooLate, CloseRequested(CloseReason.Moved));
        Assert.Equal([2, 1], walk.Life.Record.Entries.TakeLast(2).Select(entry => entry.Count));
    }

    [Fact]
    public void Same_event_refused_or_not_and_same_refusal_of_others_are_lines_of_their_own()
    {
        var walk = Walk.To(ProcessingReady);
        walk.Refused(Refusal.Stale, AttachSucceeded(7));
        walk.Refused(Refusal.Stale, AttachFailed(7, CloseReason.StoreUnavailable));
        walk.Refused(Refusal.Stale, AuthenticationSucceeded(7, null));
        Assert.Equal([EventKind.AttachSucceeded, EventKind.AttachFailed, EventKind.AuthenticationSucceeded], walk.Life.Record.Entries.TakeLast(3).Select(entry => entry.Event));
    }

    [Fact]
    public void Long_life_keeps_its_start_and_its_latest()
    {
        var walk = Walk.To(ProcessingReady);
        for (var i = 1; i <= 100; i++)
        {
            walk.Now = 1000 + i;
            walk.Do(GatesChanged(i % 2 == 1 ? Walk.OptionalDown : Walk.Open));
        }

        var entries = walk.Life.Record.Entries;
        Assert.Equal(FlightRecord.EntriesMax, entries.Count);
        Assert.Equal(105 - FlightRecord.EntriesMax, walk.Life.Record.Dropped);
        Assert.Equal(EventKind.UpgradeAccepted, entries[0].Event);
        Assert.Equal([1007, .. Enumerable.Range(1081, 20).Select(at => (long)at)], entries.Skip(11).Select(entry => entry.At));

        // Also then a flood is one line.
        for (var i = 0; i < 50; i++)
        {
            walk.Refused(Refusal.TooEarly, CloseSent());
            walk.Refused(Refusal.Repeated, UpgradeAccepted());
        }

        Assert.Equal([50, 50], walk.Life.Record.Entries.TakeLast(2).Select(entry => entry.Count));
    }
}
