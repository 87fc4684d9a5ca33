namespace Airlock.Core.Tests;

/// <summary>The guards of the core, one patch each. A text that is no longer found fails the test: the guard was moved, so look at its entry.</summary>
public static class MutationTable
{
    private const string Life = "Lifecycle/ConnectionLifecycle.cs";
    private const string Closing = "Lifecycle/ConnectionLifecycle.Closing.cs";
    private const string Refresh = "Lifecycle/ConnectionLifecycle.Refresh.cs";
    private const string Silence = "Lifecycle/ConnectionLifecycle.Silence.cs";
    private const string Table = "Lifecycle/Transitions.cs";
    private const string Reasons = "Causes/CloseReason.cs";
    private const string Record = "Lifecycle/FlightRecord.cs";
    private const string Frames = "Reception/Reception.cs";
    private const string Early = "Reception/EarlyMessages.cs";
    private const string Session = "Session/SessionCore.cs";
    private const string Turns = "Session/SessionCore.Turns.cs";
    private const string Inbox = "Session/Inbox.cs";
    private const string Outbox = "Session/Outbox.cs";
    private const string Fields = "Wire/FrameFields.cs";
    private const string Bodies = "Wire/FrameBodies.cs";
    private const string Reader = "Wire/FrameReader.cs";
    private const string Writer = "Wire/FrameWriter.cs";
    private const string Explored = "LifecycleExplorationTests.Hostile_driver_breaks_no_rule_in_any_state";
    private const string Zombie = "CompositionTests.Honest_client_loses_nothing_either_way";
    private const string BadFrames = "FrameVectorsTests.Wrong_frames_of_clients_are_refused_for_the_cause_the_vectors_say";
    private const string NewServers = "FrameVectorsTests.Frames_of_newer_servers_are_read_as_the_vectors_say";
    private const string NewClients = "FrameVectorsTests.Frames_of_newer_clients_are_read_as_the_vectors_say";
    private const string SameData = "FrameReaderTests.Data_as_shipped_clients_write_it_is_read_as_any_other_json_is";
    private const string BadServerFrames = "FrameReaderTests.Impossible_frames_of_a_server_are_malformed";
    private const string ByeEnds = "SessionCoreTests.Bye_ends_the_session_once_all_is_done_and_all_is_acknowledged";
    private const string SessionList = "SessionCoreTests.Random_steps_agree_with_a_list";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        // Completions carry the id that is awaited.
        new("Lifecycle/Acquisition.cs", "Stage == AcquisitionStage.Pending && Id == id", "Stage == AcquisitionStage.Pending", "ConnectionLifecycleTests.Completion_of_another_effect_is_stale"),
        new("Lifecycle/Acquisition.cs", "Stage == AcquisitionStage.Pending && Id == id", "Id == id", Explored),
        new(Refresh, "_state.RefreshId != 0 && _state.RefreshId == e.EffectId", "_state.RefreshId == e.EffectId", "DeadlinesTests.Refresh_that_nobody_asked_for_is_stale_under_every_id"),
        new(Refresh, "_state.RefreshId != 0 && _state.RefreshId == e.EffectId", "_state.RefreshId != 0", "DeadlinesTests.Expiry_pauses_while_new_credentials_are_validated"),

        // What a frame means, and what may come early.
        new(Frames, "            Data => Hold,", "            Data => Store,", "ReceptionTests.Data_has_exactly_one_fate_in_each_phase"),
        new(Frames, "        // The client may have sent it before it could know.\n        Ending => Nothing,", "        Ending => Store,", "ReceptionTests.Data_has_exactly_one_fate_in_each_phase"),
        new(Frames, "AppendVerdict.Stored or AppendVerdict.Repeat => null", "AppendVerdict.Stored => null, AppendVerdict.Repeat => CloseReason.SequenceConflict", "ReceptionTests.Only_what_the_client_did_wrong_or_another_connection_took_closes"),
        new(Early, "_messages + 1 > credit.Messages", "_messages > credit.Messages", "EarlyMessagesTests.Empty_messages_count_as_messages"),
        new(Early, "_bytes + message.Payload.Length > credit.Bytes", "message.Payload.Length > credit.Bytes", "EarlyMessagesTests.What_came_before_the_user_was_known_counts_afterwards_too"),
        new(Early, "isAuthenticated ? inAll : beforeAuthentication", "beforeAuthentication", "EarlyMessagesTests.What_came_before_the_user_was_known_counts_afterwards_too"),
        new(Early, "if (resumes)", "if (false)", "EarlyMessagesTests.Client_that_resumes_waits_for_ready"),
        new(Early, "message with { Payload = message.Payload.ToArray() }", "message", "EarlyMessagesTests.Messages_are_held_in_order_and_copied"),

        // What a transition tells, so that nobody has to ask.
        new(Life, "Reason = _state.Reason, Code = Code,", "Reason = _state.Reason, Code = _state.Reason?.Code,", Explored),
        new(Life, "new Effect(EffectKind.SendDrain, Due: by)", "new Effect(EffectKind.SendDrain, Due: by + 1)", "ConnectionLifecycleTests.Drain_and_gates_say_until_when"),
        new(Life, "new Effect(EffectKind.SendGates, Due: _deadlines.Due(DeadlineKind.Gate))", "new Effect(EffectKind.SendGates)", "ConnectionLifecycleTests.Drain_and_gates_say_until_when"),

        // Why a stream ended.
        new("WebSockets/StreamEnd.cs", "isClosedByLayer && closeSent == CloseReason.InvalidUtf8.Code", "closeSent == CloseReason.InvalidUtf8.Code", "StreamEndTests.An_end_has_the_cause_that_the_bytes_and_the_layer_tell"),
        new("WebSockets/StreamEnd.cs", ">= SocketViolation.CloseCodeHalf", "> SocketViolation.CloseCodeHalf", "StreamEndTests.An_end_has_the_cause_that_the_bytes_and_the_layer_tell"),
        new("WebSockets/StreamEnd.cs", "isClosedByLayer || received?.Violation is not null", "isClosedByLayer", "StreamEndTests.An_end_has_the_cause_that_the_bytes_and_the_layer_tell"),

        // Silence, and whose it is.
        new(Silence, "now - began >= timeouts.Message.Ticks", "false", "DeadlinesTests.Message_that_never_becomes_whole_is_no_life"),
        new(Silence, "now - began >= timeouts.Message.Ticks", "now - began > timeouts.Message.Ticks", "DeadlinesTests.Message_that_never_becomes_whole_is_no_life"),
        new(Silence, "Close(CloseReason.MessageTimeout, RetryHints.Soon, now)", "Close(CloseReason.MessageTimeout, null, now)", "DeadlinesTests.Message_that_never_becomes_whole_is_no_life"),
        new(Silence, "if (signs.Handling is { } handling)", "if (signs.Handling is { } handling && kind == DeadlineKind.Idle)", "DeadlinesTests.While_a_message_is_handled_the_store_is_silent_and_not_the_peer"),
        new(Silence, "Math.Max(signs.HeardAt, signs.StoreAnsweredAt)", "signs.StoreAnsweredAt", "DeadlinesTests.While_a_message_is_handled_the_store_is_silent_and_not_the_peer"),
        new(Silence, "since <= now - timeouts.Attach.Ticks", "since < now - timeouts.Attach.Ticks", "DeadlinesTests.While_a_message_is_handled_the_store_is_silent_and_not_the_peer"),
        new(Silence, "if (_state.Suspected == handling)", "if (_state.Suspected is not null)", "DeadlinesTests.While_a_message_is_handled_the_store_is_silent_and_not_the_peer"),
        new(Silence, "            _state = _state with { Suspected = handling };\n", "", "DeadlinesTests.While_a_message_is_handled_the_store_is_silent_and_not_the_peer"),
        new(Silence, "signs.HeardAt > due - timeouts.Idle.Ticks", "signs.HeardAt >= due - timeouts.Idle.Ticks", "DeadlinesTests.Peer_that_is_heard_is_idle_from_then_on"),
        new(Silence, "signs.HeardAt >= due - timeouts.Pong.Ticks", "signs.HeardAt > due - timeouts.Pong.Ticks", "DeadlinesTests.Peer_that_is_heard_is_idle_from_then_on"),
        new(Life, "e.Signs.IsSessionSought ? CloseReason.StoreUnavailable : CloseReason.AuthenticationUnavailable", "CloseReason.AuthenticationUnavailable", "DeadlinesTests.Store_that_is_asked_for_the_session_first_is_blamed_for_the_time"),
        new(Refresh, "_state.ExpiresAt <= now ?", "_state.ExpiresAt < now ?", "DeadlinesTests.Refresh_that_only_time_is_in_the_way_of_leaves_the_old_credentials_until_they_expire"),
        new(Refresh, " && e.Reason != CloseReason.AuthenticationUnavailable ?", " ?", "DeadlinesTests.Refresh_that_only_time_is_in_the_way_of_leaves_the_old_credentials_until_they_expire"),
        new(Refresh, "(due - now) / 5 * 4", "(due - now)", "DeadlinesTests.Expiry_is_enforced_from_authentication_on"),
        new(Refresh, "Math.Max(now, at)", "at", "DeadlinesTests.Credentials_that_have_expired_by_the_time_they_are_there_expire_at_once"),
        new(Refresh, "Due: _deadlines.Due(DeadlineKind.Refresh)", "Due: _state.ExpiresAt", "DeadlinesTests.Expiry_pauses_while_new_credentials_are_validated"),

        // Credentials and their time.
        new(Refresh, "        _deadlines.Stop(DeadlineKind.Expiry);\n", "", "DeadlinesTests.Expiry_pauses_while_new_credentials_are_validated"),
        new(Refresh, "        _deadlines.Stop(DeadlineKind.Refresh);\n", "", Explored),
        new(Refresh, "        _deadlines.Stop(DeadlineKind.Authentication);\n", "", Explored),
        new(Refresh, "if (_state.RefreshId != 0)", "if (false)", "DeadlinesTests.Second_refresh_at_a_time_closes"),
        new(Refresh, "_deadlines.Start(DeadlineKind.Expiry, due);", "", "DeadlinesTests.Expiry_is_enforced_from_authentication_on"),

        // Deadlines.
        new(Life, "_deadlines.Due(kind) != due || due > now", "due > now", "DeadlinesTests.Firing_for_another_instant_or_before_its_time_is_stale"),
        new(Life, "_deadlines.Due(kind) != due || due > now", "_deadlines.Due(kind) != due", "DeadlinesTests.Firing_for_another_instant_or_before_its_time_is_stale"),
        new(Life, "        _deadlines.Stop(kind);\n        return kind switch", "        return kind switch", Explored),
        new(Life, "_deadlines.Runs(DeadlineKind.Write) ? Refusal.Repeated : Start", "Start", "DeadlinesTests.Blocked_write_cannot_move_its_own_deadline"),
        new(Life, "Start(DeadlineKind.Drain, Math.Min(", "Start(DeadlineKind.Drain, Math.Max(", "ConnectionLifecycleTests.Repeated_drain_keeps_the_earlier_deadline"),
        new(Life, "        _deadlines.Start(DeadlineKind.Hello, now + timeouts.Hello.Ticks);\n", "", Explored),
        new(Life, "        _deadlines.Stop(DeadlineKind.Gate);\n", "", Explored),
        new(Closing, "        _deadlines.StopAll();\n        _deadlines.Start(", "        _deadlines.Start(", "DeadlinesTests.Closing_has_one_deadline_and_the_end_none"),
        new(Closing, "        _deadlines.Start(DeadlineKind.Close, now + timeouts.Close.Ticks);\n", "", "LifecycleExplorationTests.Deadlines_alone_end_every_connection_once_it_is_open"),

        // The start, gates and drain.
        new(Life, "return Close(CloseReason.HelloRepeated, null, now);", "return Refusal.Repeated;", "ConnectionLifecycleTests.Hello_while_credentials_are_validated_is_repeated"),
        new(Life, "if (!gates.RequiredOpen)", "if (!gates.AllOpen)", "ConnectionLifecycleTests.Start_walks_the_five_states_in_order"),
        new(Life, "if (!gates.RequiredOpen)", "if (false)", "ConnectionLifecycleTests.Start_walks_the_five_states_in_order"),
        new(Life, "State = gates.AllOpen ?", "State = gates.RequiredOpen ?", "ConnectionLifecycleTests.Drained_connection_keeps_draining_whatever_its_gates_do"),
        new(Life, "        Order(EffectKind.SendReady);\n        // A gate that closed meanwhile is reported again, and makes the connection Degraded at once.\n        return Order(EffectKind.WatchGates);", "        return Order(EffectKind.SendReady);", "ConnectionLifecycleTests.Gate_that_closes_while_attaching_degrades_after_ready"),
        new(Life, "State = ProcessingReady, HasSession = true,", "State = ProcessingReady,", "ConnectionLifecycleTests.Code_sends_nobody_with_a_session_to_a_new_one"),
        new(Table, "AttachSucceeded or AttachFailed => Rule.RefuseStale,\n            GatesChanged => Rule.TellGates,", "AttachSucceeded or AttachFailed => Rule.RefuseStale,\n            GatesChanged => Rule.ReflectGates,", Explored),
        new(Table, "DrainRequested => Rule.DrainAgain,", "DrainRequested => Rule.Drain,", "ConnectionLifecycleTests.Repeated_drain_keeps_the_earlier_deadline"),
        new(Table, "            RefreshReceived => Rule.CloseInvalidRefresh,\n", "            RefreshReceived => Rule.BeginRefresh,\n", "ConnectionLifecycleTests.Frames_that_come_too_early_close_with_their_cause"),

        // The way out: first reason, release, cancel, handshake.
        new(Table, "CloseRequested => Rule.RefuseTooLate,", "CloseRequested => Rule.Close,", "ConnectionLifecycleTests.First_reason_wins"),
        new(Closing, "Reason = _state.Reason ?? reason", "Reason = reason", "ConnectionLifecycleTests.Loss_before_the_second_close_frame_is_a_failure"),
        new(Closing, "return e.Kind == success ? Order(release, e.EffectId) : null;", "return null;", "ConnectionLifecycleTests.Late_success_gives_back_what_it_acquired_once"),
        new(Closing, "return e.Kind == success ? Order(release, e.EffectId) : null;", "return Order(release, e.EffectId);", "ConnectionLifecycleTests.Late_failure_has_nothing_to_give_back"),
        new(Closing, "        _state = store(_state, new(e.EffectId, AcquisitionStage.None));\n", "", Explored),
        new(Closing, "        LetGoOfAttach();\n        if (", "        if (", "ConnectionLifecycleTests.Closing_gives_the_session_back_before_it_says_so"),
        new(Closing, "            _state = _state with { Attach = new(_state.Attach.Id, AcquisitionStage.None) };\n", "", Explored),
        new(Closing, "            Order(EffectKind.ReleaseUser, _state.Authentication.Id);\n", "", Explored),
        new(Closing, "            _state = _state with { Authentication = new(_state.Authentication.Id, AcquisitionStage.None) };\n", "", Explored),
        new(Closing, "            Order(EffectKind.Cancel, _state.Attach.Id);\n", "", Explored),
        new(Closing, "if (_state.State != Closing)", "if (true)", Explored),
        new(Closing, "if (_state.Handshake == frame)", "if (false)", "ConnectionLifecycleTests.Both_close_frames_in_either_order_end_it_cleanly"),
        new(Closing, "Handshake = CloseHandshake.Received, ", "", "ConnectionLifecycleTests.Both_close_frames_in_either_order_end_it_cleanly"),
        new(Life, "DeadlineKind.Close => End(Failed, _state.Reason!, abort: true)", "DeadlineKind.Close => End(Failed, _state.Reason!, abort: false)", "ConnectionLifecycleTests.Unfinished_handshake_is_aborted"),
        new(Closing, "SeenCode = e.Code };", "};", "ConnectionLifecycleTests.The_code_that_the_peer_closed_with_stays"),
        new(Closing, "_state.Reason is null ? e.Code : _state.SeenCode", "e.Code", "ConnectionLifecycleTests.The_code_that_the_peer_closed_with_stays"),
        new(Closing, "abort: e.Kind == EventKind.ScopeLeft", "abort: false", "ConnectionLifecycleTests.Leaving_the_scope_ends_every_state_once"),
        new("Lifecycle/LifecycleEvent.cs", "reason.Code != CloseReason.TransportLost.Code ? reason", "reason != null ? reason", "ConnectionLifecycleTests.Reason_of_a_lost_transport_is_never_one_to_send"),

        // What is told afterwards.
        new(Record, "earlier.Count + 1", "earlier.Count", "FlightRecordTests.Flood_of_refused_events_is_one_line_a_kind"),
        new(Record, "&& earlier.Reason == entry.Reason", "", "FlightRecordTests.Same_refusal_for_another_reason_is_another_line"),
        new(Record, "_entries[at].From == _entries[at].To; seen++", "true; seen++", "FlightRecordTests.Equal_events_on_two_sides_of_a_change_are_two_lines"),
        new(Record, "_next + 1 == EntriesMax ? Kept", "_next + 1 == EntriesMax ? 0", "FlightRecordTests.Long_life_keeps_its_start_and_its_latest"),
        new(Life, "_state.State != from ? _state.Reason : e.Reason", "e.Reason", "FlightRecordTests.Entries_tell_time_event_states_refusal_and_reason"),
        new(Reasons, "AuthenticationExpired = new(4203,", "AuthenticationExpired = new(1005,", "CloseReasonTests.Codes_keep_to_the_ranges_that_may_be_sent"),
        new(Reasons, "Disconnected = new(4204,", "Disconnected = new(4203,", "CloseReasonTests.Causes_and_codes_are_unique_but_for_the_ordinary_ends_and_those_of_the_layer_below"),
        new(Reasons, "hasSession ? ResumeCode : Code", "Code", "ConnectionLifecycleTests.Code_sends_nobody_with_a_session_to_a_new_one"),
        new(Reasons, ">= 4200 and <= 4299", ">= 4200 and <= 4298", "CloseReasonTests.Advice_follows_from_the_range_of_the_code"),

        // Fencing: an older generation has no say.
        new(Session, "=> State != SessionState.Attached || generation != Generation;", "=> State != SessionState.Attached;", Zombie),
        new(Session, "=> State != SessionState.Attached || generation != Generation;", "=> generation != Generation;", "SessionCoreTests.Detached_session_takes_nothing_from_its_last_connection"),
        new(Session, "if (State != SessionState.Attached || generation != Generation)", "if (State != SessionState.Attached)", Zombie),
        new(Session, "            Generation++;\n            _attempt", "            _attempt", Zombie),
        new(Session, "attempt <= _attempt", "attempt < _attempt", "SessionCoreTests.Attach_that_is_refused_changes_nothing"),
        new(Session, "attempt <= _attempt", "false", "CompositionTests.Honest_client_loses_nothing_whatever_breaks"),
        new(Session, " && attempt < AttemptMax", "", "SessionCoreTests.Highest_attempt_leaves_the_session_resumable"),
        new(Session, "            Outbox.Acknowledge(received);\n", "", SessionList),
        new(Session, "if (connection == _connection)", "if (false)", "SessionCoreTests.Attached_connection_gets_the_same_answer_again"),
        new(Session, ": InputEnded && sequence > Inbox.Stored ? AppendVerdict.InputEnded", "", ByeEnds),
        new(Session, ": InputEnded && sequence > Inbox.Stored ?", ": InputEnded ?", ByeEnds),
        new(Session, " && Outbox.Acked == Outbox.Appended;", ";", ByeEnds),
        new(Session, " && received == Outbox.Appended && _missed == 0", " && _missed == 0", "SessionCoreTests.Resume_after_bye_that_has_everything_finds_nothing_left"),
        new(Session, " && received == Outbox.Appended && _missed == 0", " && received == Outbox.Appended", "SessionCoreTests.Bye_waits_for_the_gap_that_is_still_to_be_told"),
        new(Session, "InputEnded && Inbox.Next is null && received", "InputEnded && received", "SessionCoreTests.Resume_after_bye_that_has_everything_finds_nothing_left"),
        new(Session, "IsFenced(generation) || Inbox.Find(sequence)", "Inbox.Find(sequence)", "SessionCoreTests.Stop_marks_an_unfinished_message_and_tells_whether_it_runs"),
        new(Session, "            Withdraw();\n", "            _tryLive = false;\n", "SessionCoreTests.End_withdraws_the_live_try_and_nothing_follows"),
        // Gaps: each push that did not fit is counted once, and told of where it would have stood.
        new(Session, "(Features & ~features) != 0", "false", "SessionCoreTests.Client_that_can_less_than_its_session_cannot_resume_it"),
        new(Session, "            TellMissedIfRoom();\n            State", "            State", "SessionCoreTests.Resume_that_makes_room_tells_of_what_did_not_fit"),
        new(Session, "        TellMissedIfRoom();\n        return", "        return", "SessionCoreTests.Pushes_that_do_not_fit_become_one_gap_where_they_would_have_stood"),
        new(Turns, "        TellMissed();\n        Outbox.Append", "        Outbox.Append", "SessionCoreTests.Gap_comes_first_in_whatever_is_admitted_into_a_full_outbox"),
        new(Turns, "if (!Outbox.IsFull)", "if (true)", SessionList),
        new(Turns, "            _missed = 0;\n", "", SessionList),
        new(Turns, "(Features & SessionFeatures.Gap) != 0 && _missed", "_missed", "SessionCoreTests.Session_of_a_client_that_cannot_gap_has_none"),
        new(Outbox, "_count - _gaps >=", "_count >=", "SessionCoreTests.Pushes_that_do_not_fit_become_one_gap_where_they_would_have_stood"),
        new(Outbox, "            _gaps -= _ring[_head].Kind == EntryKind.Gap ? 1 : 0;\n", "", SessionList),
        new("Session/Resume.cs", "received > at.Appended", "received > at.Appended + 1", "ResumeTests.Position_is_judged_at_both_bounds"),
        new("Session/Resume.cs", "received < at.Acked", "received < at.Acked - 1", "ResumeTests.Position_is_judged_at_both_bounds"),
        new("Session/Resume.cs", "LostRange(Direction.Up, old.Done + 1", "LostRange(Direction.Up, old.Done", "ResumeTests.Lost_ranges_name_what_neither_side_will_see_again"),

        // Inbox: window, gap, repeat or conflict.
        new(Inbox, "if (sequence != Stored + 1)", "if (false)", "InboxTests.Next_number_is_stored_and_no_other"),
        new(Inbox, "sequence > Done + _window", "sequence > Done + _window + 1", "InboxTests.Window_is_measured_from_what_is_done"),
        new(Inbox, "sequence > Done + _window", "sequence > Stored + _window", "InboxTests.Window_is_measured_from_what_is_done"),
        new(Inbox, "? AppendVerdict.Repeat : AppendVerdict.Conflict", "? AppendVerdict.Repeat : AppendVerdict.Repeat", "InboxTests.Repeat_has_the_same_id_and_payload"),
        new(Inbox, "sequence > Stored - _window && ", "", "InboxTests.Number_that_is_a_window_old_is_a_conflict_whatever_it_says"),
        new(Inbox, "Mix(Mix(0x9E3779B97F4A7C15, MemoryMarshal.AsBytes(id.AsSpan())), payload)", "Mix(0x9E3779B97F4A7C15, payload)", "InboxTests.Repeat_has_the_same_id_and_payload"),
        new(Inbox, "                larger[s % larger.Length] = _digests[s % _digests.Length];\n", "", "InboxTests.Repeats_are_told_apart_over_the_whole_window_while_it_grows"),
        new(Inbox, "_unfinished.Enqueue(message with { });", "_unfinished.Enqueue(message);", "SessionCoreTests.Copy_goes_its_own_way"),

        // Outbox: both bounds of an acknowledgement, nothing dropped, limits.
        new(Outbox, "if (sequence > Appended)", "if (sequence > Appended + 1)", "OutboxTests.Acknowledgement_is_checked_at_both_bounds"),
        new(Outbox, "if (sequence < Acked)", "if (false)", "OutboxTests.Acknowledgement_is_checked_at_both_bounds"),
        new(Outbox, "while (Acked < sequence)", "while (Acked < sequence && _count > 1)", "OutboxTests.Random_steps_agree_with_a_list"),
        new(Outbox, "            Bytes -= _ring[_head].Payload.Length;\n", "", "OutboxTests.Full_by_entries_or_by_bytes_until_acknowledged"),
        new(Outbox, "_entriesMax || Bytes >= _bytesMax", "_entriesMax", "OutboxTests.Full_by_entries_or_by_bytes_until_acknowledged"),
        new(Outbox, "Math.Max(cursor, Acked) - Acked", "Math.Max(cursor, 0)", "OutboxTests.Cursor_below_what_is_acknowledged_starts_at_the_first_kept"),

        // Tries: one live, withdrawn on failure, closed once.
        new(Turns, " && @try == _try", "", "SessionCoreTests.Whoever_lost_the_try_is_fenced"),
        new(Turns, "sequence == Inbox.Done + 1 && ", "", "SessionCoreTests.Whoever_lost_the_try_is_fenced"),
        new(Turns, "_tryLive && sequence", "sequence", SessionList),
        new(Turns, "        Withdraw();\n        return", "        _tryLive = false;\n        return", "CompositionTests.Honest_client_sees_every_failed_try_withdrawn"),
        new(Turns, "        _streamed++;\n", "", "SessionCoreTests.Failed_try_is_withdrawn_and_the_next_one_counts_up"),
        new(Turns, "if (_streamed > 0 || stopped)", "if (_streamed > 0)", "SessionCoreTests.Stopped_turn_ends_with_a_stopped_end_also_if_it_streamed_nothing"),
        new(Turns, "        _try = 0;\n", "", "SessionCoreTests.Next_message_starts_with_its_first_try"),
        new(Turns, "replies.Count > 0 && Outbox.IsFull", "Outbox.IsFull", "SessionCoreTests.Full_outbox_pauses_writers_but_never_what_closes"),
        new(Turns, "replies.Count > 0 && Outbox.IsFull", "false", "SessionCoreTests.Full_outbox_pauses_writers_but_never_what_closes"),
        new(Turns, "        if (_tryLive)\n", "        if (false)\n", "SessionCoreTests.Only_one_try_is_live"),
        new(Turns, "if (State == SessionState.Ended || Inbox.Next is null)", "if (Inbox.Next is null)", "SessionCoreTests.End_withdraws_the_live_try_and_nothing_follows"),

        // Frames: ranges, duplicates, direction, what is needed.
        new(Fields, "value >= least && value <= most", "value >= least", BadFrames),
        new(Fields, "value >= least && value <= most", "value <= most", BadFrames),
        new(Fields, "if ((_seen & field) != 0)", "if (false)", BadFrames),
        new(Fields, "(_seen & needed) != needed || ", "", BadFrames),
        new(Fields, "FrameType.Bye => !server,", "FrameType.Bye => true,", "FrameReaderTests.Unknown_frames_of_a_server_are_left_out"),
        new(Fields, "        _ => server,", "        _ => true,", BadFrames),
        new(Fields, "c is >= '!' and <= '~'", "c >= '\\0'", BadFrames),
        new(Fields, "return value is { Length: > 0 } && value.Length <= lengthMax;", "return value is { Length: > 0 };", BadFrames),
        new(Fields, " || _d <= _a", " || true", BadServerFrames),
        new(Fields, "(wrong & Field.S) != 0 ? CloseReason.SequenceInvalid", "false ? CloseReason.SequenceInvalid", BadFrames),
        new(Fields, "var wrong = _wrong & (needed | optional) & ~", "var wrong = _wrong & ~", "FrameVectorsTests.Frames_of_clients_are_read_as_the_vectors_say"),
        new(Fields, "~(fromServer ? _null & optional : Field.None)", "~(_null & optional)", BadFrames),
        new(Fields, "~(fromServer ? _null & optional : Field.None)", "~Field.None", NewServers),
        new(Fields, "message[start..(int)json.BytesConsumed]", "message[start..]", "FrameReaderTests.Payload_is_passed_byte_for_byte"),
        new("Wire/ClientData.cs", "sequence == 0", "false", SameData),
        new("Wire/ClientData.cs", " && number <= WireLimits.SequenceMax", "", SameData),
        new("Wire/ClientData.cs", "(digits == 1 || at[0] != '0') && ", "", SameData),
        new("Wire/ClientData.cs", "MaxDepth = WireLimits.PayloadDepthMax", "MaxDepth = WireLimits.PayloadDepthMax + 1", SameData),
        new(Reader, "            next = Next();\n            if (next == ']')", "            next = Next();\n            if (false)", BadFrames),
        new(Reader, "MaxDepth = WireLimits.PayloadDepthMax + 1", "MaxDepth = WireLimits.PayloadDepthMax + 2", BadFrames),
        new("Wire/ClientData.cs", "or > WireLimits.IdLengthMax", "or > 100", SameData),
        // What the protocol grows by.
        new(Fields, "(!fromServer || (Given & Field.S) == 0)", "((Given & Field.S) == 0)", BadFrames),
        new(Fields, "(!fromServer || (Given & Field.S) == 0)", "true", NewServers),
        new(Fields, "(FrameType.Unknown, _) => (Field.S, Field.A | Field.D)", "(FrameType.Unknown, _) => (Field.S, Field.None)", NewServers),
        new(Fields, "TryNumber(ref json, 1, WireLimits.SequenceMax, out _missed)", "TryNumber(ref json, 0, WireLimits.SequenceMax, out _missed)", "FrameVectorsTests.Wrong_frames_of_servers_are_refused"),
        new(Bodies, "        && IsGoodCan(hello.Can)\n", "", BadFrames),
        new(Bodies, "        && IsGoodCan(open.Can);", ";", "FrameVectorsTests.Wrong_frames_of_servers_are_refused"),
        new(Bodies, "can.Count <= WireLimits.CanMax && ", "", BadFrames),
        new(Bodies, "hello.Resume.Session is null ? hello.Resume.Attempt > 1 : ", "hello.Resume.Session is null || ", BadFrames),
        new(Bodies, "(ready.Proof is null || Proof.IsGood(ready.Proof))", "true", "FrameVectorsTests.Wrong_frames_of_servers_are_refused"),
        new("Wire/Proof.cs", "            if (reader.ValueSpan.Length > BytesMax)\n", "            if (false)\n", NewClients),
        new("Wire/Proof.cs", "text.Length is > 0 and <= WireLimits.ProofLengthMax && !text.ContainsAnyExceptInRange((byte)", "!text.ContainsAnyExceptInRange((byte)", NewClients),
        new("Wire/Proof.cs", "catch (InvalidOperationException)", "catch (DivideByZeroException)", NewClients),
        new(Reader, "++_frames > WireLimits.FramesMax", "++_frames < 0", BadFrames),
        new(Reader, "        if (_frames == 0)\n", "        if (false)\n", BadFrames),
        new(Reader, "catch (InvalidOperationException)", "catch (DivideByZeroException)", "FrameReaderTests.Any_bytes_are_read_or_refused_and_never_thrown_at_the_caller"),
        new(Reader, "_fromServer && Error == CloseReason.UnknownFrame", "Error == CloseReason.UnknownFrame", BadFrames),
        new(Bodies, "IsNumber(hello.Resume.Attempt)", "IsCount(hello.Resume.Attempt)", BadFrames),
        new(Bodies, "hello.Version == Protocol.Version", "hello.Version > 0", BadFrames),
        new(Bodies, "(hello.Auth.Token is null) != (hello.Auth.Ticket is null) && ", "", BadFrames),
        new(Bodies, " && !text.Any(char.IsControl)", "", BadFrames),
        new(Bodies, "text.Length <= lengthMax && !text", "!text", BadFrames),
        new(Bodies, "hello.Sent.Count <= WireLimits.CarriersMax && ", "", BadFrames),
        new(Bodies, " && ready.Done <= ready.Received", "", BadServerFrames),
        new(Bodies, "to >= range.From && ", "", BadServerFrames),
        new(Writer, "Frames++ == 0", "Frames++ < 2", "FrameWriterTests.One_frame_is_an_object_and_several_are_an_array"),
    ];
}
