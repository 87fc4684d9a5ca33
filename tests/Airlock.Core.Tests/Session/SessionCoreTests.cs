using System.Diagnostics;
using System.Text;
using CsCheck;

namespace Airlock.Core.Tests;

public sealed class SessionCoreTests
{
    private static readonly SessionLimits _limits = new() { Window = 4, OutboxEntriesMax = 3, OutboxBytesMax = 1024 };

    [Fact]
    public void New_session_is_attached_in_generation_one()
    {
        var session = Session();
        Assert.Equal((SessionState.Attached, 1, 7, "c1"), (session.State, session.Generation, session.Attempt, session.Connection));
        Assert.Equal(default, session.Positions);
    }

    [Fact]
    public void Higher_attempt_supersedes_and_takes_the_position_over()
    {
        var session = Session();
        session.Push(Text("1"));
        session.Push(Text("2"));
        Assert.Equal(ResumeVerdict.Resumed, session.Attach("c2", 8, 1));
        Assert.Equal((2, 8, "c2", 1), (session.Generation, session.Attempt, session.Connection, session.Outbox.Acked));
        Assert.Equal(AppendVerdict.Fenced, session.Append(1, 1, "id", Text("1")));
        Assert.Equal(AckVerdict.Fenced, session.Acknowledge(1, 2));
        Assert.False(session.EndInput(1));
        Assert.False(session.Detach(1));
        Assert.Equal(AppendVerdict.Stored, session.Append(2, 1, "id", Text("1")));
    }

    [Fact]
    public void Highest_attempt_leaves_the_session_resumable()
    {
        var session = new SessionCore("c1", (1L << 53) - 2, new SessionLimits());
        Assert.Equal(ResumeVerdict.Resumed, session.Attach("c2", (1L << 53) - 1, 0));
        Assert.Equal(ResumeVerdict.Stale, session.Attach("c3", (1L << 53) - 2, 0));
        Assert.Equal(ResumeVerdict.Resumed, session.Attach("c3", (1L << 53) - 1, 0));
        Assert.Equal((3L, "c3"), (session.Generation, session.Connection));
    }

    [Fact]
    public void Attach_that_is_refused_changes_nothing()
    {
        var session = Session();
        session.Push(Text("1"));
        session.Push(Text("2"));
        session.Acknowledge(1, 1);
        foreach (var (attempt, received, verdict) in new[] { (7, 1, ResumeVerdict.Stale), (6, 1, ResumeVerdict.Stale), (8, 0, ResumeVerdict.Trimmed), (8, 3, ResumeVerdict.Impossible) })
        {
            Assert.Equal(verdict, session.Attach("c2", attempt, received));
            Assert.Equal((1, 7, "c1", 1), (session.Generation, session.Attempt, session.Connection, session.Outbox.Acked));
        }
    }

    [Fact]
    public void Attached_connection_gets_the_same_answer_again()
    {
        var session = Session();
        session.Push(Text("1"));
        Assert.Equal(ResumeVerdict.Resumed, session.Attach("c1", 7, 1));
        Assert.Equal((1, 0), (session.Generation, session.Outbox.Acked));
        session.Detach(1);
        Assert.Equal(ResumeVerdict.Stale, session.Attach("c1", 7, 1));
    }

    [Fact]
    public void Detached_session_takes_nothing_from_its_last_connection()
    {
        var session = Session();
        Assert.True(session.Detach(1));
        Assert.False(session.Detach(1));
        Assert.Equal((SessionState.Detached, null), (session.State, session.Connection));
        Assert.Equal(AppendVerdict.Fenced, session.Append(1, 1, "id", Text("1")));
        Assert.Equal(AckVerdict.Fenced, session.Acknowledge(1, 0));
        Assert.False(session.EndInput(1));
        Assert.Equal(TurnVerdict.Applied, session.Push(Text("1")));
    }

    [Fact]
    public void Turns_go_on_while_the_client_is_away()
    {
        var session = Stored(1);
        session.Detach(1);
        Assert.Equal(1, session.BeginTry());
        Assert.Equal(TurnVerdict.Applied, session.Stream(1, 1, Text("1")));
        Assert.Equal(TurnVerdict.Applied, session.Commit(1, 1, [Text("2")], false));
        Assert.Equal(new SessionPositions(1, 1, 3, 0), session.Positions);
    }

    [Fact]
    public void Commit_appends_replies_and_end_and_done_in_one_step()
    {
        var session = Stored(2);
        session.BeginTry();
        session.Stream(1, 1, Text("s"));
        Assert.Equal(TurnVerdict.Applied, session.Commit(1, 1, [Text("a"), Text("b")], false));
        Assert.Equal(["Data 1/1 p", "Data 1/1", "Data 1/1", "End 1/1"], Log(session));
        Assert.Equal((1, 2), (session.Inbox.Done, session.Inbox.Next!.Sequence));

        session.Acknowledge(1, 4);
        session.BeginTry();
        Assert.Equal(TurnVerdict.Applied, session.Commit(2, 1, [], false));
        Assert.Equal((4, 2), (session.Outbox.Appended, session.Inbox.Done));
    }

    [Fact]
    public void Stopped_turn_ends_with_a_stopped_end_also_if_it_streamed_nothing()
    {
        var session = Stored(1);
        session.BeginTry();
        session.Commit(1, 1, [], stopped: true);
        var end = session.Outbox.After(0)!;
        Assert.Equal((EntryKind.End, true), (end.Kind, end.Stopped));
    }

    [Fact]
    public void Failed_try_is_withdrawn_and_the_next_one_counts_up()
    {
        var session = Stored(1);
        Assert.Equal(1, session.BeginTry());
        session.Stream(1, 1, Text("s"));
        Assert.Equal(TurnVerdict.Applied, session.Fail(1, 1));
        Assert.Equal(["Data 1/1 p", "Void 1/1"], Log(session));
        Assert.Equal(2, session.BeginTry());
        Assert.Equal(TurnVerdict.Applied, session.Fail(1, 2));
        Assert.Equal(2, session.Outbox.Appended);
        Assert.Equal(TurnVerdict.Applied, session.Nack("handler_failed"));
        Assert.Equal((1, "handler_failed"), (session.Inbox.Done, session.Outbox.After(2)!.Cause));
    }

    [Fact]
    public void Next_message_starts_with_its_first_try()
    {
        var session = Stored(2);
        session.BeginTry();
        session.Fail(1, 1);
        session.Nack("duplicate", "done");
        Assert.Equal("done", session.Outbox.After(0)!.Status);
        Assert.Equal(1, session.BeginTry());
        Assert.Equal(TurnVerdict.Applied, session.Commit(2, 1, [], false));
    }

    [Fact]
    public void Whoever_lost_the_try_is_fenced()
    {
        var session = Stored(2);
        session.BeginTry();
        foreach (var (sequence, @try) in new[] { (1, 2), (1, 0), (2, 1), (0, 1) })
        {
            Assert.Equal(TurnVerdict.Fenced, session.Stream(sequence, @try, Text("s")));
            Assert.Equal(TurnVerdict.Fenced, session.Commit(sequence, @try, [], false));
            Assert.Equal(TurnVerdict.Fenced, session.Fail(sequence, @try));
        }

        session.Fail(1, 1);
        Assert.Equal(TurnVerdict.Fenced, session.Commit(1, 1, [], false));
        Assert.Equal(new SessionPositions(2, 0, 0, 0), session.Positions);
    }

    [Fact]
    public void Only_one_try_is_live()
    {
        var session = Stored(1);
        session.BeginTry();
        Assert.Throws<UnreachableException>(() => session.BeginTry());
        Assert.Throws<UnreachableException>(() => session.Nack("handler_failed"));
        Assert.Throws<UnreachableException>(() => Session().Nack("handler_failed"));
        Assert.Equal(0, Session().BeginTry());
    }

    [Fact]
    public void Full_outbox_pauses_writers_but_never_what_closes()
    {
        var session = Stored(2);
        session.BeginTry();
        session.Stream(1, 1, Text("1"));
        session.Stream(1, 1, Text("2"));
        session.Stream(1, 1, Text("3"));
        Assert.Equal(TurnVerdict.Full, session.Stream(1, 1, Text("4")));
        Assert.Equal(TurnVerdict.Full, session.Commit(1, 1, [Text("5")], false));
        Assert.Equal(TurnVerdict.Full, session.Push(Text("6")));
        Assert.Equal(new SessionPositions(2, 0, 3, 0), session.Positions);
        Assert.Equal(TurnVerdict.Applied, new SessionCore(session).Fail(1, 1));
        Assert.Equal(TurnVerdict.Applied, session.Commit(1, 1, [], false));
        Assert.Equal(new SessionPositions(2, 1, 4, 0), session.Positions);
        Assert.Equal(TurnVerdict.Applied, session.Nack("duplicate", "pending"));
        session.Acknowledge(1, 5);
        Assert.Equal(TurnVerdict.Applied, session.Push(Text("6")));
    }

    [Fact]
    public void Stop_marks_an_unfinished_message_and_tells_whether_it_runs()
    {
        var session = Stored(2);
        Assert.False(session.Stop(1, 1));
        Assert.True(session.Inbox.Next!.StopAsked);
        session.BeginTry();
        Assert.False(session.Stop(1, 2));
        Assert.True(session.Stop(1, 1));
        Assert.True(session.Stop(1, 1));
        Assert.False(session.Stop(1, 3));
        Assert.False(session.Stop(2, 1));
        session.Commit(1, 1, [], true);
        Assert.False(session.Stop(1, 1));
        Assert.True(session.Inbox.Next!.StopAsked);
    }

    [Fact]
    public void Bye_ends_the_session_once_all_is_done_and_all_is_acknowledged()
    {
        var session = Stored(1);
        Assert.False(session.IsFinished);
        Assert.True(session.EndInput(1));
        Assert.True(session.EndInput(1));
        Assert.Equal(AppendVerdict.InputEnded, session.Append(1, 2, "id", Text("1")));
        Assert.Equal(AppendVerdict.Repeat, session.Append(1, 1, "id1", Text("1")));
        Assert.Equal(AppendVerdict.Conflict, session.Append(1, 1, "id", Text("1")));
        Assert.False(session.IsFinished);
        session.BeginTry();
        session.Commit(1, 1, [Text("reply")], false);
        Assert.False(session.IsFinished);
        // A cut: the session is there as any other, and remembers the bye.
        session.Detach(1);
        Assert.Equal(ResumeVerdict.Resumed, session.Attach("c2", 8, 0));
        Assert.Equal(AppendVerdict.InputEnded, session.Append(2, 2, "id", Text("1")));
        Assert.False(session.IsFinished);
        session.Acknowledge(2, 1);
        Assert.True(session.IsFinished);
    }

    [Fact]
    public void Resume_after_bye_that_has_everything_finds_nothing_left()
    {
        var session = Stored(1);
        session.EndInput(1);
        session.Push(Text("1"));
        Assert.Equal(ResumeVerdict.Resumed, new SessionCore(session).Attach("c2", 8, 1));
        session.BeginTry();
        session.Commit(1, 1, [], false);
        Assert.Equal(ResumeVerdict.Resumed, new SessionCore(session).Attach("c2", 8, 0));
        Assert.Equal(ResumeVerdict.Finished, session.Attach("c2", 8, 1));
        Assert.Equal((1, "c1"), (session.Generation, session.Connection));
    }

    [Fact]
    public void Pushes_that_do_not_fit_become_one_gap_where_they_would_have_stood()
    {
        var session = Gapped(pushes: 5);
        Assert.Equal(3, session.Outbox.Appended);
        session.Acknowledge(1, 1);
        Assert.Equal(["Data 0/0", "Data 0/0", "Gap 0/0 missed 2"], Log(session));
        session.Acknowledge(1, 2);
        Assert.Equal(["Data 0/0", "Gap 0/0 missed 2"], Log(session));
        // The gap takes no room.
        Assert.Equal(TurnVerdict.Applied, session.Push(Text("6")));
        Assert.Equal(TurnVerdict.Applied, session.Push(Text("7")));
        Assert.Equal(TurnVerdict.Full, session.Push(Text("8")));
        Assert.Equal(["Data 0/0", "Gap 0/0 missed 2", "Data 0/0", "Data 0/0"], Log(session));
    }

    [Fact]
    public void Gap_comes_first_in_whatever_is_admitted_into_a_full_outbox()
    {
        var session = Gapped(pushes: 4, messages: 2);
        session.BeginTry();
        session.Fail(1, 1);
        session.Nack("handler_failed");
        session.Push(Text("x"));
        session.BeginTry();
        session.Commit(2, 1, [], stopped: true);
        Assert.Equal(["Gap 0/0 missed 1", "Nack 1/0", "Gap 0/0 missed 1", "End 2/1"], Log(session)[3..]);
    }

    [Fact]
    public void Resume_that_makes_room_tells_of_what_did_not_fit()
    {
        var session = Gapped(pushes: 9);
        session.Detach(1);
        Assert.Equal(ResumeVerdict.Resumed, session.Attach("c2", 8, 0, SessionFeatures.Gap));
        Assert.Equal(3, session.Outbox.Appended);
        Assert.Equal(ResumeVerdict.Resumed, session.Attach("c3", 9, 3, SessionFeatures.Gap));
        Assert.Equal(["Gap 0/0 missed 6"], Log(session));
    }

    [Fact]
    public void Bye_waits_for_the_gap_that_is_still_to_be_told()
    {
        var session = Gapped(pushes: 4);
        session.EndInput(1);
        Assert.Equal(ResumeVerdict.Resumed, new SessionCore(session).Attach("c2", 8, 3, SessionFeatures.Gap));
        session.Acknowledge(1, 3);
        Assert.False(session.IsFinished);
        session.Acknowledge(1, 4);
        Assert.True(session.IsFinished);
    }

    [Theory]
    [InlineData(false, new[] { "Gap 0/0 missed 6" })]
    [InlineData(true, new[] { "Gap 0/0 missed 6", "Void 1/1" })]
    public void End_gives_a_number_to_what_did_not_fit_so_that_it_is_among_what_is_lost(bool isStreaming, string[] last)
    {
        var session = Gapped(pushes: isStreaming ? 0 : 9, messages: 1);
        if (isStreaming)
        {
            session.BeginTry();
            session.Stream(1, 1, Text("p"));
            for (var i = 0; i < 8; i++)
            {
                session.Push(Text("x"));
            }
        }

        session.End();
        Assert.Equal(last, Log(session)[3..]);
        Assert.Equal(3 + last.Length, session.Positions.Appended);
        Assert.Equal([new LostRange(Direction.Down, 2, 3 + last.Length), new LostRange(Direction.Up, 1, 1)], Resume.Lost(session.Positions, 1));
        session.End();
        Assert.Equal(3 + last.Length, session.Positions.Appended);
    }

    [Fact]
    public void Session_of_a_client_that_cannot_gap_has_none()
    {
        var session = Session();
        for (var i = 0; i < 9; i++)
        {
            session.Push(Text("1"));
        }

        session.Acknowledge(1, 3);
        Assert.Equal(3, session.Outbox.Appended);
        Assert.Equal(ResumeVerdict.Resumed, session.Attach("c2", 8, 3, SessionFeatures.Gap));
        Assert.Equal(TurnVerdict.Applied, session.Push(Text("1")));
        Assert.Equal(["Data 0/0"], Log(session));
    }

    [Fact]
    public void Client_that_can_less_than_its_session_cannot_resume_it()
    {
        var session = Gapped(pushes: 1);
        Assert.Equal(ResumeVerdict.Stale, session.Attach("c2", 7, 0));
        Assert.Equal(ResumeVerdict.Unable, session.Attach("c2", 8, 0));
        Assert.Equal((1, 7, "c1", 0), (session.Generation, session.Attempt, session.Connection, session.Outbox.Acked));
        Assert.Equal(ResumeVerdict.Resumed, session.Attach("c2", 8, 0, SessionFeatures.Gap));
    }

    [Fact]
    public void Client_that_reads_nothing_costs_no_more_however_much_is_pushed()
    {
        var session = Gapped(pushes: 10_000);
        Assert.Equal((3, 9_997L), (session.Outbox.Appended, Told(session)));

        static long Told(SessionCore of)
        {
            of.Acknowledge(1, 3);
            return of.Outbox.After(3)!.Missed;
        }
    }

    [Fact]
    public void End_withdraws_the_live_try_and_nothing_follows()
    {
        var session = Stored(2);
        session.BeginTry();
        session.Stream(1, 1, Text("s"));
        session.End();
        Assert.Equal(["Data 1/1 p", "Void 1/1"], Log(session));
        var at = session.Positions;
        var generation = session.Generation;
        session.End();
        Assert.Equal(generation, session.Generation);
        Assert.Equal((SessionState.Ended, null), (session.State, session.Connection));
        Assert.Equal(TurnVerdict.Fenced, session.Commit(1, 1, [], false));
        Assert.Equal(TurnVerdict.Fenced, session.Push(Text("1")));
        Assert.Equal(TurnVerdict.Fenced, session.Nack("handler_failed"));
        Assert.Equal(0, session.BeginTry());
        Assert.Equal(AppendVerdict.Fenced, session.Append(1, 3, "id", Text("1")));
        Assert.Equal(AppendVerdict.Fenced, session.Append(generation, 3, "id", Text("1")));
        Assert.False(session.Detach(generation));
        Assert.Throws<UnreachableException>(() => session.Attach("c2", 8, 0));
        Assert.Equal(at, session.Positions);
    }

    [Fact]
    public void Copy_goes_its_own_way()
    {
        var one = Stored(2);
        one.BeginTry();
        one.Stream(1, 1, Text("s"));
        var other = new SessionCore(one);
        one.Stop(1, 2);
        one.Fail(1, 1);
        one.EndInput(1);
        one.End();
        Assert.Equal((SessionState.Attached, 1, false, "c1", 7), (other.State, other.Generation, other.InputEnded, other.Connection, other.Attempt));
        Assert.False(other.Inbox.Find(2)!.StopAsked);
        Assert.Equal(TurnVerdict.Applied, other.Commit(1, 1, [], false));
        Assert.Equal(["Data 1/1 p", "End 1/1"], Log(other));
    }

    [Fact]
    public void Random_steps_agree_with_a_list() =>
        Gen.Select(Gen.Bool, Gen.Int[1, 3], Gen.Select(Gen.Int[0, 11], Gen.Int[0, 3], Gen.Int[0, 3]).Array[0, 50]).Sample((canGap, entries, steps) =>
        {
            var model = new SessionModel(_limits with { OutboxEntriesMax = entries }, canGap ? SessionFeatures.Gap : SessionFeatures.None);
            foreach (var (what, a, b) in steps)
            {
                model.Step(what, a, b);
            }
        }, iter: 6000);

    private static ReadOnlyMemory<byte> Text(string text) => Encoding.UTF8.GetBytes(text);

    private static SessionCore Session() => new("c1", 7, _limits);

    private static SessionCore Gapped(int pushes, int messages = 0)
    {
        var session = new SessionCore("c1", 7, _limits, SessionFeatures.Gap);
        for (var s = 1; s <= messages; s++)
        {
            session.Append(1, s, $"id{s}", Text("1"));
        }

        for (var i = 0; i < pushes; i++)
        {
            Assert.Equal(i < _limits.OutboxEntriesMax ? TurnVerdict.Applied : TurnVerdict.Full, session.Push(Text("1")));
        }

        return session;
    }

    private static SessionCore Stored(int messages)
    {
        var session = Session();
        for (var s = 1; s <= messages; s++)
        {
            Assert.Equal(AppendVerdict.Stored, session.Append(1, s, $"id{s}", Text("1")));
        }

        return session;
    }

    private static List<string> Log(SessionCore session)
    {
        var log = new List<string>();
        for (var cursor = session.Outbox.Acked; session.Outbox.After(cursor) is { } entry; cursor = entry.Sequence)
        {
            log.Add($"{entry.Kind} {entry.Re}/{entry.Try}{(entry.Provisional ? " p" : "")}{(entry.Missed > 0 ? $" missed {entry.Missed}" : "")}");
        }

        return log;
    }

    [Fact]
    public void A_copy_needs_an_original() => Assert.Throws<ArgumentNullException>("other", () => new SessionCore(null!));
}
