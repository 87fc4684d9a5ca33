namespace Airlock.Lab.Subjects.Mutants;

/// <summary>The red halves that the legacy model has no part for: one guard of the production driver each, taken out.</summary>
public static class MutationTable
{
    private const string Session = "Airlock.Core/Session/SessionCore.cs";
    private const string Turns = "Airlock.Core/Session/SessionCore.Turns.cs";
    private const string Inbox = "Airlock.Core/Session/Inbox.cs";
    private const string Outbox = "Airlock.Core/Session/Outbox.cs";
    private const string Table = "Airlock.Core/Lifecycle/Transitions.cs";
    private const string Life = "Airlock.Core/Lifecycle/ConnectionLifecycle.cs";
    private const string Closing = "Airlock.Core/Lifecycle/ConnectionLifecycle.Closing.cs";
    private const string Refreshing = "Airlock.Core/Lifecycle/ConnectionLifecycle.Refresh.cs";
    private const string Fields = "Airlock.Core/Wire/FrameFields.cs";
    private const string Driver = "Airlock/Connections/Connection.cs";
    private const string Admission = "Airlock/Connections/Admission.cs";
    private const string Delivery = "Airlock/Connections/Delivery.cs";
    private const string Entrance = "Airlock/Connections/Entrance.cs";
    private const string Guard = "Airlock/Connections/StoreGuard.cs";
    private const string Intake = "Airlock/Connections/Intake.cs";
    private const string Reader = "Airlock/Connections/Reader.cs";
    private const string Sender = "Airlock/Connections/SocketSender.cs";
    private const string Writer = "Airlock/Connections/Writer.cs";
    private const string Gates = "Airlock/Gates/GateBoard.cs";
    private const string Memory = "Airlock/Sessions/MemorySession.cs";
    private const string Calls = "Airlock/Turns/StoreCalls.cs";
    private const string MemoryAttaching = "Airlock/Sessions/MemorySession.Attaching.cs";
    private const string MemoryTurns = "Airlock/Sessions/MemorySession.Turns.cs";

    /// <summary>Every mutation, each with a scenario that must notice it.</summary>
    public static IReadOnlyList<Mutation> All { get; } =
    [
        new("stale-attempt-accepted", Session, "if (attempt <= _attempt && attempt < AttemptMax)", "if (false)", "A late attempt is not told from a newer one."),
        new("attached-session-refused", Session, "if (attempt <= _attempt && attempt < AttemptMax)", "if (attempt <= _attempt || _connection is not null)", "A session with a connection that is dead cannot be taken over."),
        new("generation-not-checked", Session, "=> State != SessionState.Attached || generation != Generation;", "=> State != SessionState.Attached;", "A connection that was superseded may still store and acknowledge."),
        new("late-attach-kept", Closing, "return e.Kind == success ? Order(release, e.EffectId) : null;", "return null;", "A session that is attached after its connection began to close is not given back."),
        new("expires-early", MemoryAttaching, "_expiry.Set(DetachedAt + _user.Store.Options.ResumeTimeout.Ticks);", "_expiry.Set(DetachedAt + 1);", "A session does not wait for its client as long as promised."),
        new("old-detach-counts", Session, "if (State != SessionState.Attached || generation != Generation)", "if (State != SessionState.Attached)", "A connection that was taken over lets go of what it does not have any more."),
        new("room-not-released", Memory, "            isFinished = _core.IsFinished;\n            ReleaseRoom();\n", "            isFinished = _core.IsFinished;\n", "Who waits for room is not told when there is some."),
        new("room-kept-at-resume", MemoryAttaching, "            outcome = Describe(isResumed: true);\n            ReleaseRoom();\n", "            outcome = Describe(isResumed: true);\n", "Who waits for room is not told of the room that a resume makes."),
        new("change-not-written", Writer, "            _output.Delivery?.NoteChanged();\n        }\n\n        rest.Look();\n        Write();\n", "            _output.Delivery?.NoteChanged();\n        }\n\n        rest.Look();\n", "What changed in the session is sent when something else is."),
        new("slot-of-a-user-kept", Admission, "scope.Endpoint.UserLimit.Leave(_authenticated!.Principal!.Key)", "_ = _authenticated", "A user's connection that has ended still counts."),
        new("gap-not-told", Turns, "            Outbox.Append(new OutboxEntry { Kind = EntryKind.Gap, Missed = _missed });\n", "", "Pushes that did not fit are counted, and their client is not told."),
        new("gap-for-anybody", Session, "(Features & ~features) != 0", "false", "A client resumes a session that may contain what it does not know."),
        new("expiry-goes-on", Refreshing, "        _deadlines.Stop(DeadlineKind.Expiry);\n        _deadlines.Stop(DeadlineKind.Refresh);\n", "        _deadlines.Stop(DeadlineKind.Refresh);\n", "Credentials expire while new ones are checked."),
        new("close-repeated", Writer, "                    isClosed = true;\n", "                    isClosed = true;\n                    await sender.CloseAsync(writer, last.Reason, last.Frame);\n", "The writer closes what it has closed already."),
        new("drain-misses-newcomers", Entrance, "request.Refuse ?? (scope.Server.Drain.HasBegun ? CloseReason.Draining : ", "request.Refuse ?? (", "Who connects while the server drains is let in."),
        new("held-not-awaited", Intake, "        await _earlyStored;\n        if (_serving is not", "        if (_serving is not", "What came before ready is overtaken by what came after it."),
        new("lease-released-unseen", MemoryTurns, "_leased = !always && _core.State != SessionState.Ended && _core.Inbox.Next is not null;", "_leased = false;", "A processor that goes to rest does not look once more for what came meanwhile."),
        new("negative-allowed", Fields, "value >= least && value <= most", "value <= most", "Numbers below 1 are read as if they were good."),
        new("ack-beyond-allowed", Outbox, "if (sequence > Appended)", "if (sequence > long.MaxValue - 1)", "An acknowledgement of what was never sent is believed."),
        new("replay-skipped", Delivery, "_cursor = session.Outcome.Positions.Acked;", "_cursor = session.Outcome.Positions.Appended;", "A resumed connection is not sent what its client lacks."),
        new("parts-overwritten", Reader, "length += received.Count;", "length = received.Count;", "A message that is read in parts keeps only its last part's length."),
        new("block-not-noticed", Sender, "        mailbox.Post(LifecycleEvent.WriteBlocked());\n", "", "Nobody notices that a peer does not read."),
        new("store-failure-ignored", Guard, "            Fail(e);\n", "            Log.StoreFailed(scope.Platform.Logger, e, scope.Id);\n", "A message that the store did not take is forgotten."),
        new("repeat-is-conflict", Inbox, "? AppendVerdict.Repeat : AppendVerdict.Conflict", "? AppendVerdict.Conflict : AppendVerdict.Conflict", "A message that is sent again after a cut is held against its client."),
        new("failed-try-stays", Turns, "        Withdraw();\n        return", "        _tryLive = false;\n        return", "What a failed try streamed is not withdrawn."),
        new("stop-ignored", Session, "        message.StopAsked = true;\n        return _tryLive && message == Inbox.Next;", "        return false;", "The wish to stop a message is not kept."),
        new("gates-not-asked-again", Life, "        Order(EffectKind.SendReady);\n        // A gate that closed meanwhile is reported again, and makes the connection Degraded at once.\n        return Order(EffectKind.WatchGates);", "        return Order(EffectKind.SendReady);", "A gate that closes while a connection attaches is not seen."),
        new("ready-before-serving", Driver, "        _intake.BeginServing(session);\n        _writer.Write();\n", "        _writer.Write();\n        async Task LaterAsync() { await Task.Delay(TimeSpan.FromMilliseconds(1), _scope.Platform.Clock.Time); _intake.BeginServing(session); }\n        _ = LaterAsync();\n", "The connection serves only after it has said that it does."),
        new("waiters-not-woken", Gates, "            waiter.TrySetResult();\n", "            _ = waiter;\n", "A turn that waits for a service is not told when it is back."),
        new("stored-not-woken", Intake, "if (session.Outcome.Positions.Stored > session.Outcome.Positions.Done)", "if (false)", "A message that was stored without anybody knowing is not looked for when its client is back."),
        new("commit-given-up", Calls, "catch (Exception e) when (!server.Stopping.IsCancellationRequested && e is not UnreachableException)", "catch (Exception e) when (server.Stopping.IsCancellationRequested)", "A commit that failed is not tried again."),
        new("never-left", Driver, "        _index.Leave(Id, this);\n", "", "A connection that has ended stays in the index."),
        new("failed-accept-is-a-bug", Entrance, "        catch (Exception e) when (e is IOException or OperationCanceledException)\n        {\n            // The client is gone.", "        catch (IOException)\n        {\n            throw;\n        }\n        catch (Exception e) when (e is OperationCanceledException)\n        {\n            // The client is gone.", "A client that goes away during the upgrade is taken for a bug of the server."),
        new("ended-is-closed-again", Table, "or ByeReceived or DrainRequested or CloseRequested or CloseReceived or CloseSent or DeadlineElapsed or TransportLost or ScopeLeft => Rule.RefuseTerminal,", "or ByeReceived or DrainRequested or CloseReceived or CloseSent or DeadlineElapsed or TransportLost or ScopeLeft => Rule.RefuseTerminal,\n            CloseRequested => Rule.Close,", "A connection that has ended can be closed once more."),
    ];

    /// <summary>These and the mutations of the other tables.</summary>
    public static IEnumerable<Mutation> Everywhere =>
        All.Concat(LockBorders.All.Select(static border => border.Mutation)).Concat(Leaks.All.Select(static leak => leak.Mutation)).Concat(Surrounded.All.Select(static plant => plant.Mutation));

    /// <summary>A mutation by its name, of any table; null if there is none.</summary>
    /// <param name="name">The name, in any case.</param>
    public static Mutation? Find(string name) => Everywhere.FirstOrDefault(mutation => mutation.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
