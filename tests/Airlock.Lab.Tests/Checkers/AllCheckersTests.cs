using Airlock.Lab.Checkers;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Tests;

public sealed class AllCheckersTests
{
    /// <summary>What each checker must object to: how a good trace is corrupted, and what is dropped (-), doubled (+), swapped (x), put in (!) or renamed (=).</summary>
    private static readonly Dictionary<string, (string Checker, Action<List<TraceEvent>> Corrupt)> _corruptions = new()
    {
        ["- no machine is made"] = ("one-machine", t => Drop(t, TraceKind.MachineMade)),
        ["+ a second machine"] = ("one-machine", t => Double(t, TraceKind.MachineMade)),
        ["+ a second machine under an id of its own"] = ("one-machine", t => Insert(t, TraceKind.UpgradeAccepted, e => new(TraceKind.MachineMade, e.Connection) { Name = "other", To = States.Accepted })),
        ["= two machines share an id"] = ("one-machine", t => Rename(t, TraceKind.MachineMade, e => e with { Name = "id c1" }, 1)),
        ["= registered under another id than its machine's"] = ("one-machine", t => { Swap(t, TraceKind.Registered, TraceKind.MachineMade); Rename(t, TraceKind.Registered, e => e with { Name = "other" }); }
        ),
        ["= the client is told another id"] = ("one-machine", t => Rename(t, TraceKind.ReadyAnnounced, e => e with { Name = "other" })),

        ["- a state is skipped"] = ("history-is-a-path", t => DropMove(t, States.Authenticated)),
        ["+ a state is entered twice"] = ("history-is-a-path", t => Double(t, TraceKind.Moved)),
        ["x two states change places"] = ("history-is-a-path", t => SwapMoves(t, States.Authenticated, States.ServicesReady)),
        ["= services ready straight from connecting"] = ("history-is-a-path", t => { DropMove(t, States.Accepted); DropMove(t, States.Authenticated); RenameMove(t, States.ServicesReady, e => e with { From = States.Connecting }); }
        ),
        ["= an end is left again"] = ("history-is-a-path", t => t.Add(new(TraceKind.Moved, "c2") { Name = "id c2", From = States.Closed, To = States.Connecting })),
        ["= the first state is not connecting"] = ("history-is-a-path", t => Rename(t, TraceKind.MachineMade, e => e with { To = States.Accepted })),
        ["= a later machine begins anew"] = ("history-is-a-path", t => Insert(t, TraceKind.ContextMade, e => new(TraceKind.MachineMade, e.Connection) { Name = "other", To = States.Connecting })),
        ["! an illegal step is asked for"] = ("history-is-a-path", t => Insert(t, TraceKind.ContextMade, e => new(TraceKind.MoveRefused, e.Connection) { Name = "id c1", From = States.Connecting, To = States.ServicesReady })),
        ["= a state that nobody knows"] = ("history-is-a-path", t => RenameMove(t, States.Degraded, e => e with { To = "STUCK" })),

        ["! services ready is asked for straight from connecting"] = ("connecting-to-services-ready", t => Insert(t, TraceKind.ContextMade, e => new(TraceKind.MoveRefused, e.Connection) { Name = "id c1", From = States.Connecting, To = States.ServicesReady })),
        ["= services ready is entered straight from connecting"] = ("connecting-to-services-ready", t => RenameMove(t, States.ServicesReady, e => e with { From = States.Connecting })),

        ["- ready without the transition"] = ("ready-after-transition", t => DropMove(t, States.ProcessingReady)),
        ["x announced before the transition"] = ("ready-after-transition", t => SwapAt(t, IndexOfMove(t, States.ProcessingReady), IndexOf(t, TraceKind.ReadyAnnounced))),
        ["= another connection is told"] = ("ready-after-transition", t => Rename(t, TraceKind.ReadyAnnounced, e => e with { Connection = "c3" })),
        ["! the client is told by nobody"] = ("ready-after-transition", t => Insert(t, TraceKind.ContextMade, e => new(TraceKind.ClientReady, e.Connection))),

        ["- stored though never ready"] = ("nothing-before-ready", t => DropMove(t, States.ProcessingReady)),
        ["x stored before ready"] = ("nothing-before-ready", t => SwapAt(t, IndexOfMove(t, States.ProcessingReady), IndexOf(t, TraceKind.Stored))),
        ["x handled before ready"] = ("nothing-before-ready", t => { t.RemoveAll(static e => e.Kind == TraceKind.Stored); SwapAt(t, IndexOfMove(t, States.ProcessingReady), IndexOf(t, TraceKind.HandlingBegan)); }
        ),
        ["= handled on a connection that is not ready"] = ("nothing-before-ready", t => Rename(t, TraceKind.HandlingBegan, e => e with { Connection = "c4" })),
        ["= stored for a generation that nobody has"] = ("nothing-before-ready", t => Rename(t, TraceKind.Stored, e => e with { From = "9" })),
        ["= handled in a session that nobody has"] = ("nothing-before-ready", t => Rename(t, TraceKind.HandlingBegan, e => e with { To = "s9" })),

        ["- sent without an accept"] = ("transport-use", t => Drop(t, TraceKind.UpgradeAccepted)),
        ["+ accepted twice"] = ("transport-use", t => Double(t, TraceKind.UpgradeAccepted)),
        ["+ closed twice"] = ("transport-use", t => Double(t, TraceKind.ServerClosed)),
        ["x sent before the accept"] = ("transport-use", t => Swap(t, TraceKind.UpgradeAccepted, TraceKind.Sent)),
        ["x sent after the close"] = ("transport-use", t => { var close = IndexOf(t, TraceKind.ServerClosed); SwapAt(t, close, close - 1); }
        ),
        ["= sent on a connection that was refused"] = ("transport-use", t => Insert(t, TraceKind.UpgradeRefused, e => new(TraceKind.Sent, e.Connection), after: true)),
        ["! misused"] = ("transport-use", t => Insert(t, TraceKind.Sent, e => new(TraceKind.TransportMisused, e.Connection) { Name = "send after close" })),

        ["- never answered"] = ("delivered-once", t => Drop(t, TraceKind.ClientAnswered, 2)),
        ["- never handled"] = ("delivered-once", t => { t.RemoveAll(static e => e.Name == "m1.2" && e.Kind is TraceKind.HandlingBegan or TraceKind.ClientAnswered); }
        ),
        ["- answered but not handled"] = ("delivered-once", t => Drop(t, TraceKind.HandlingBegan, 2)),
        ["- never sent"] = ("delivered-once", t => Drop(t, TraceKind.ClientSent)),
        ["- refused, and the client is not told"] = ("delivered-once", t => Drop(t, TraceKind.ClientRefused)),
        ["+ handled twice in one try"] = ("delivered-once", t => Double(t, TraceKind.HandlingBegan)),
        ["- handled twice without a new try"] = ("delivered-once", t => Drop(t, TraceKind.TryBegan, 1)),
        ["! handled again in another session though committed"] = ("delivered-once", t => Insert(t, TraceKind.ClientRefused, _ => new(TraceKind.HandlingBegan, "") { Name = "m1.1", From = "alice", To = "s7", Number = 1 })),
        ["+ answered twice"] = ("delivered-once", t => Double(t, TraceKind.ClientAnswered)),
        ["! refused after its answer"] = ("delivered-once", t => Insert(t, TraceKind.ClientRefused, e => e with { Name = "m1.1" })),
        ["x handled out of order"] = ("delivered-once", t => SwapAt(t, IndexOf(t, TraceKind.HandlingBegan), IndexOf(t, TraceKind.HandlingBegan, 2))),
        ["x answered out of order"] = ("delivered-once", t => { t.RemoveAll(static e => e.Kind == TraceKind.TryBegan); t.RemoveAt(IndexOf(t, TraceKind.HandlingBegan, 1)); SwapAt(t, IndexOf(t, TraceKind.HandlingBegan, 1), IndexOf(t, TraceKind.ClientAnswered) - 1); SwapAt(t, IndexOf(t, TraceKind.ClientAnswered), IndexOf(t, TraceKind.ClientAnswered, 1)); }
        ),
        ["= an answer to what nobody asked"] = ("delivered-once", t => Rename(t, TraceKind.ClientAnswered, e => e with { Name = "m9.1" })),
        ["= handled under another name"] = ("delivered-once", t => Rename(t, TraceKind.HandlingBegan, e => e with { Name = "m9.1" })),
        ["= refused without a cause"] = ("delivered-once", t => Rename(t, TraceKind.ClientRefused, e => e with { To = null })),
        ["= dropped without a word"] = ("delivered-once", t => { Drop(t, TraceKind.ClientAnswered, 2); Rename(t, TraceKind.ClientClosed, e => e with { Number = 1006, Name = null }, 3); }
        ),

        ["- the begin is not heard"] = ("event-sequence", t => DropTold(t, "agent_started m1.1", 1)),
        ["- the thinking is not heard"] = ("event-sequence", t => DropTold(t, "agent_thinking m1.1")),
        ["- a tool's begin is not heard"] = ("event-sequence", t => DropTold(t, "tool_executing m1.1 usage")),
        ["- a tool's end is not heard"] = ("event-sequence", t => DropTold(t, "tool_completed m1.1 usage")),
        ["- neither begin nor end of a tool is heard"] = ("event-sequence", t => { DropTold(t, "tool_executing m1.1 usage"); DropTold(t, "tool_completed m1.1 usage"); }
        ),
        ["- the end is not heard"] = ("event-sequence", t => DropTold(t, "m1.1 alice agent_completed")),
        ["- what a failed try told is not withdrawn"] = ("event-sequence", t => t.RemoveAll(static e => e.Kind == TraceKind.ClientProvisional && e.Name == "void")),
        ["+ a tool ends twice"] = ("event-sequence", t => TellAgain(t, "tool_completed m1.1 usage")),
        ["+ the end is heard twice"] = ("event-sequence", t => TellAgain(t, "m1.1 alice agent_completed")),
        ["x a tool ends before it begins"] = ("event-sequence", t => SwapTold(t, "tool_executing m1.1 usage", "tool_completed m1.1 usage")),
        ["x the thinking comes before the begin"] = ("event-sequence", t => SwapTold(t, "agent_started m1.1", "agent_thinking m1.1", 1)),
        ["x the end comes before a tool's end"] = ("event-sequence", t => SwapTold(t, "tool_completed m1.1 usage", "m1.1 alice agent_completed")),
        ["= another tool ends"] = ("event-sequence", t => t[IndexOfTold(t, "tool_completed m1.1 usage")] = t[IndexOfTold(t, "tool_completed m1.1 usage")] with { To = "data tool_completed m1.1 prices" }),
        ["- heard by a client that nobody told ready"] = ("event-sequence", t => t.RemoveAll(static e => e.Kind is TraceKind.ClientReady or TraceKind.ReadyAnnounced && e.Connection == "c1")),

        ["+ a second context"] = ("one-context", t => Double(t, TraceKind.ContextMade)),
        ["= two connections share a context"] = ("one-context", t => Rename(t, TraceKind.ContextMade, e => e with { To = "context c1" }, 1)),
        ["= the context of another user"] = ("one-context", t => Rename(t, TraceKind.ContextMade, e => e with { Name = "bob" })),
        ["= handled for another user"] = ("one-context", t => Rename(t, TraceKind.HandlingBegan, e => e with { From = "bob" })),
        ["= answered with another user's answer"] = ("one-context", t => Rename(t, TraceKind.ClientAnswered, e => e with { To = "bob" })),
        ["x two clients get each other's answers"] = ("one-context", t => { Rename(t, TraceKind.ClientAnswered, e => e with { From = "client 2" }); Rename(t, TraceKind.ClientAnswered, e => e with { From = "client 1" }, 2); }
        ),

        ["- never unregistered"] = ("everything-ends", t => Drop(t, TraceKind.Unregistered)),
        ["- never registered"] = ("everything-ends", t => Drop(t, TraceKind.Registered)),
        ["- the last state is not an end"] = ("everything-ends", t => DropMove(t, States.Closed, 1)),
        ["+ unregistered twice"] = ("everything-ends", t => Double(t, TraceKind.Unregistered)),
        ["+ registered twice"] = ("everything-ends", t => Double(t, TraceKind.Registered)),
        ["+ ends twice"] = ("everything-ends", t => Double(t, TraceKind.Ended)),
        ["x unregistered before it is registered"] = ("everything-ends", t => Swap(t, TraceKind.Registered, TraceKind.Unregistered)),
        ["= unregistered under another id"] = ("everything-ends", t => Rename(t, TraceKind.Unregistered, e => e with { Name = "other" })),
        ["= another's entry is unregistered"] = ("everything-ends", t => Rename(t, TraceKind.Unregistered, e => e with { Name = "id c3" })),
        ["! left over"] = ("everything-ends", t => t.Add(new(TraceKind.LeftOver, "") { Name = "connection", To = "id c1" })),

        ["! an object is not what it promises"] = ("invariants-hold", t => Insert(t, TraceKind.Stored, _ => new(TraceKind.Broken, "") { Name = "an object is not what it promises", To = "The inbox is broken." })),

        ["- never ready"] = ("setup-in-time", t => t.RemoveAll(static e => e.Connection == "c1" && e.Kind is TraceKind.Moved or TraceKind.Ended or TraceKind.ServerClosed)),
        ["= ready too late"] = ("setup-in-time", t => RenameMove(t, States.ProcessingReady, e => e with { At = TimeSpan.FromSeconds(62) })),
        ["= closed too late"] = ("setup-in-time", t => { DropMove(t, States.ProcessingReady); RenameMove(t, States.Failed, e => e with { At = TimeSpan.FromSeconds(62) }); }
        ),

        ["= closed with 1011"] = ("close-codes", t => Rename(t, TraceKind.ServerClosed, e => e with { Number = 1011 })),
        ["! closed with 1011 for a bug of another connection"] = ("close-codes", t => { Rename(t, TraceKind.ServerClosed, e => e with { Number = 1011 }); t.Insert(0, new(TraceKind.Logged, "c9") { Name = "Error", From = "bug", To = "It broke." }); }
        ),
        ["! two closed with 1011 for one bug"] = ("close-codes", t => { Rename(t, TraceKind.ServerClosed, e => e with { Number = 1011 }); Rename(t, TraceKind.ServerClosed, e => e with { Number = 1011 }, 1); t.Insert(0, new(TraceKind.Logged, "") { Name = "Error", From = "bug", To = "It broke." }); }
        ),
        ["= closed with 1005"] = ("close-codes", t => Rename(t, TraceKind.ServerClosed, e => e with { Number = 1005 })),
        ["= closed with 1006"] = ("close-codes", t => Rename(t, TraceKind.ServerClosed, e => e with { Number = 1006 })),
        ["= closed with 1015"] = ("close-codes", t => Rename(t, TraceKind.ServerClosed, e => e with { Number = 1015 })),
        ["= closed with 999"] = ("close-codes", t => Rename(t, TraceKind.ServerClosed, e => e with { Number = 999 })),
        ["= closed without a cause"] = ("close-codes", t => Rename(t, TraceKind.ServerClosed, e => e with { Name = "" })),
        ["= ended without a cause"] = ("close-codes", t => Rename(t, TraceKind.Ended, e => e with { Name = null })),
        ["= refused at the door without a cause"] = ("close-codes", t => Rename(t, TraceKind.UpgradeRefused, e => e with { Name = null })),

        ["- an error without a reason"] = ("no-errors", t => t.RemoveAll(static e => e.Kind == TraceKind.Fault)),
        ["x an error before its reason"] = ("no-errors", t => Swap(t, TraceKind.Logged, TraceKind.Fault, second: 1)),
        ["! an error in another framework's word"] = ("no-errors", t => t.Insert(0, new(TraceKind.Logged, "c1") { Name = "ERROR", To = "It broke." })),
        ["! a critical line in another framework's word"] = ("no-errors", t => t.Insert(0, new(TraceKind.Logged, "c1") { Name = "fatal", To = "It broke." })),
        ["= a reset is no reason"] = ("no-errors", t => Rename(t, TraceKind.Fault, e => e with { Name = "reset" }, 1)),

        ["- a message is stored after a gap"] = ("fenced-store", t => Drop(t, TraceKind.Stored)),
        ["- a resume is told of what is not stored"] = ("fenced-store", t => Drop(t, TraceKind.Stored, 1)),
        ["+ stored twice"] = ("fenced-store", t => Double(t, TraceKind.Stored)),
        ["+ attached twice with one generation"] = ("fenced-store", t => Double(t, TraceKind.Attached)),
        ["x stored out of order"] = ("fenced-store", t => SwapAt(t, IndexOf(t, TraceKind.Stored), IndexOf(t, TraceKind.Stored, 1))),
        ["x stored for the old generation after the new one"] = ("fenced-store", t => SwapAt(t, IndexOf(t, TraceKind.Stored, 1), IndexOf(t, TraceKind.Attached, 2))),
        ["= the fence does not hold"] = ("fenced-store", t => Rename(t, TraceKind.Stored, e => e with { From = "1" }, 3)),
        ["= the resume is told too little"] = ("fenced-store", t => Rename(t, TraceKind.Attached, e => e with { From = "1" }, 2)),

        ["- a number is skipped"] = ("positions", t => Drop(t, TraceKind.ClientGot, 1)),
        ["x numbers change places"] = ("positions", t => SwapAt(t, IndexOf(t, TraceKind.ClientGot), IndexOf(t, TraceKind.ClientGot, 2))),
        ["x positions go back"] = ("positions", t => SwapAt(t, IndexOf(t, TraceKind.Positions), IndexOf(t, TraceKind.Positions, 1))),
        ["= more done than stored"] = ("positions", t => Rename(t, TraceKind.Positions, e => e with { From = "9" })),
        ["= more stored than the window allows"] = ("positions", t => Rename(t, TraceKind.Positions, e => e with { To = "17" })),
        ["= a number from nowhere"] = ("positions", t => Rename(t, TraceKind.ClientGot, e => e with { Number = 40 }, 3)),

        ["= a number stands for something else"] = ("one-content", t => Rename(t, TraceKind.Denoted, e => e with { To = "m9.9" })),
        ["= the same number in the same session"] = ("one-content", t => Rename(t, TraceKind.Denoted, e => e with { Number = 1 }, 2)),

        ["- never released"] = ("acquired-once", t => Drop(t, TraceKind.Released)),
        ["- never acquired"] = ("acquired-once", t => Drop(t, TraceKind.Acquired)),
        ["+ released twice"] = ("acquired-once", t => Double(t, TraceKind.Released)),
        ["+ acquired twice"] = ("acquired-once", t => Double(t, TraceKind.Acquired)),
        ["x released before it is acquired"] = ("acquired-once", t => Swap(t, TraceKind.Acquired, TraceKind.Released)),
        ["= another's is released"] = ("acquired-once", t => Rename(t, TraceKind.Released, e => e with { To = "s2 1" })),

        ["- the first try never ends"] = ("one-try", t => Drop(t, TraceKind.TryEnded)),
        ["- a try ends that never began"] = ("one-try", t => Drop(t, TraceKind.TryBegan)),
        ["+ a try begins twice"] = ("one-try", t => Double(t, TraceKind.TryBegan)),
        ["+ a try ends twice"] = ("one-try", t => Double(t, TraceKind.TryEnded)),
        ["x a try begins while another lives"] = ("one-try", t => SwapAt(t, IndexOf(t, TraceKind.TryEnded), IndexOf(t, TraceKind.TryBegan, 1))),
        ["= a try with the number of the last"] = ("one-try", t => Rename(t, TraceKind.TryBegan, e => e with { From = "1" }, 1)),
        ["- withdrawn but never shown"] = ("one-try", t => Drop(t, TraceKind.ClientProvisional)),
        ["- shown and never ended"] = ("one-try", t => { t.RemoveAll(static e => e.Kind == TraceKind.ClientProvisional && e.Name == "end"); }
        ),
        ["+ ended twice for the client"] = ("one-try", t => Double(t, TraceKind.ClientProvisional, 6)),
        ["x withdrawn before it is shown"] = ("one-try", t => SwapAt(t, IndexOf(t, TraceKind.ClientProvisional), IndexOf(t, TraceKind.ClientProvisional, 1))),
        ["= a client finds the server wrong"] = ("protocol-kept", t => Rename(t, TraceKind.ClientClosed, e => e with { Name = "server_violation" })),
        ["= a client has a bug"] = ("protocol-kept", t => Rename(t, TraceKind.ClientClosed, e => e with { Name = "client_failed" })),
        ["= data of a try that has ended"] = ("one-try", t => Rename(t, TraceKind.ClientProvisional, e => e with { From = "1" }, 2)),
    };

    public static TheoryData<string> Corruptions => [.. _corruptions.Keys];

    [Fact]
    public void Nobody_objects_to_a_good_trace() =>
        Assert.All(AllCheckers.List, static checker => Assert.Null(checker.Check(new Trace(GoodTrace.Make()))));

    [Theory]
    [MemberData(nameof(Corruptions))]
    public void A_corrupted_trace_is_objected_to(string corruption)
    {
        var (name, corrupt) = _corruptions[corruption];
        var events = GoodTrace.Make();
        corrupt(events);
        var objection = AllCheckers.List.Single(checker => checker.Name == name).Check(new Trace(events));
        Assert.NotNull(objection);
        Assert.EndsWith(".", objection, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_bug_excuses_one_close_with_1011()
    {
        var events = GoodTrace.Make();
        Rename(events, TraceKind.ServerClosed, e => e with { Number = 1011 });
        Rename(events, TraceKind.ServerClosed, e => e with { Number = 1011 }, 1);
        events.Insert(0, new(TraceKind.Logged, "c2") { Name = "Error", From = "bug", To = "It broke." });
        events.Insert(0, new(TraceKind.Logged, "") { Name = "Error", From = "bug", To = "It broke." });
        Assert.Null(new Lab.Checkers.CloseCodes().Check(new Trace(events)));
    }

    [Fact]
    public void What_is_sent_again_after_a_resume_is_told_once()
    {
        var events = GoodTrace.Make();
        var thinking = IndexOfTold(events, "agent_thinking m1.1");
        events.InsertRange(IndexOfTold(events, "tool_completed m1.1 usage") + 1, events[(thinking - 1)..(thinking + 1)]);
        Assert.Null(new Lab.Checkers.EventSequence().Check(new Trace(events)));
    }

    [Fact]
    public void Every_checker_is_put_to_the_test()
    {
        Assert.Equal(AllCheckers.List.Select(static checker => checker.Name).Order(), _corruptions.Values.Select(static c => c.Checker).Distinct().Order());
        Assert.Equal(AllCheckers.List.Count, AllCheckers.List.Select(static checker => checker.Name).Distinct().Count());
    }

    [Fact]
    public void A_dropped_doubled_swapped_or_renamed_event_that_matters_is_objected_to_by_somebody()
    {
        // Of these kinds no single event can be lost, repeated or misnamed without breaking some property.
        TraceKind[] lost = [TraceKind.Registered, TraceKind.Unregistered, TraceKind.MachineMade, TraceKind.Acquired, TraceKind.Released, TraceKind.ClientSent, TraceKind.Moved];
        TraceKind[] repeated = [TraceKind.Registered, TraceKind.Unregistered, TraceKind.MachineMade, TraceKind.Moved, TraceKind.ContextMade, TraceKind.Attached, TraceKind.Acquired, TraceKind.Released, TraceKind.ClientSent, TraceKind.HandlingBegan, TraceKind.ClientAnswered, TraceKind.Ended, TraceKind.ServerClosed, TraceKind.TryBegan, TraceKind.UpgradeAccepted];
        TraceKind[] misnamed = [TraceKind.Registered, TraceKind.Unregistered, TraceKind.MachineMade, TraceKind.Moved, TraceKind.ContextMade, TraceKind.Acquired, TraceKind.Released, TraceKind.HandlingBegan, TraceKind.ClientAnswered, TraceKind.ClientSent, TraceKind.TryBegan, TraceKind.Attached];
        var good = GoodTrace.Make();
        for (var i = 0; i < good.Count; i++)
        {
            var at = i;
            Try(lost, "without", t => t.RemoveAt(at));
            Try(repeated, "with twice", t => t.Insert(at, t[at]));
            Try(misnamed, "with another name in", t => t[at] = t[at] with { Name = "somebody else's" });

            void Try(TraceKind[] kinds, string how, Action<List<TraceEvent>> corrupt)
            {
                if (kinds.Contains(good[at].Kind))
                {
                    var events = GoodTrace.Make();
                    corrupt(events);
                    Assert.True(AllCheckers.List.Any(checker => checker.Check(new Trace(events)) is not null), $"Nobody objects to the trace {how} its event {at}, {good[at]}.");
                }
            }
        }
    }

    private static int IndexOf(List<TraceEvent> trace, TraceKind kind, int nth = 0) => IndexOf(trace, e => e.Kind == kind, nth);

    private static int IndexOfMove(List<TraceEvent> trace, string to, int nth = 0) => IndexOf(trace, e => e.Kind == TraceKind.Moved && e.To == to, nth);

    private static int IndexOfTold(List<TraceEvent> trace, string told, int nth = 0) => IndexOf(trace, e => e.Kind == TraceKind.Denoted && e.To == $"data {told}", nth);

    private static void DropTold(List<TraceEvent> trace, string told, int nth = 0) => trace.RemoveAt(IndexOfTold(trace, told, nth));

    // As a server that sends it again under the next number.
    private static void TellAgain(List<TraceEvent> trace, string told)
    {
        var index = IndexOfTold(trace, told);
        trace.InsertRange(index + 1, [trace[index - 1] with { Number = trace[index].Number + 1 }, trace[index] with { Number = trace[index].Number + 1 }]);
    }

    private static void SwapTold(List<TraceEvent> trace, string one, string other, int nth = 0)
    {
        var (first, second) = (IndexOfTold(trace, one, nth), IndexOfTold(trace, other));
        (trace[first], trace[second]) = (trace[first] with { To = trace[second].To }, trace[second] with { To = trace[first].To });
    }

    private static int IndexOf(List<TraceEvent> trace, Predicate<TraceEvent> match, int nth)
    {
        var index = trace.FindIndex(match);
        for (; nth > 0; nth--)
        {
            index = trace.FindIndex(index + 1, match);
        }

        Assert.True(index >= 0, "The good trace has no such event.");
        return index;
    }

    private static void Drop(List<TraceEvent> trace, TraceKind kind, int nth = 0) => trace.RemoveAt(IndexOf(trace, kind, nth));

    private static void DropMove(List<TraceEvent> trace, string to, int nth = 0) => trace.RemoveAt(IndexOfMove(trace, to, nth));

    private static void Double(List<TraceEvent> trace, TraceKind kind, int nth = 0)
    {
        var index = IndexOf(trace, kind, nth);
        trace.Insert(index, trace[index]);
    }

    private static void Insert(List<TraceEvent> trace, TraceKind beside, Func<TraceEvent, TraceEvent> make, bool after = false)
    {
        var index = IndexOf(trace, beside);
        trace.Insert(after ? index + 1 : index, make(trace[index]));
    }

    private static void Rename(List<TraceEvent> trace, TraceKind kind, Func<TraceEvent, TraceEvent> rename, int nth = 0)
    {
        var index = IndexOf(trace, kind, nth);
        trace[index] = rename(trace[index]);
    }

    private static void RenameMove(List<TraceEvent> trace, string to, Func<TraceEvent, TraceEvent> rename)
    {
        var index = IndexOfMove(trace, to);
        trace[index] = rename(trace[index]);
    }

    private static void Swap(List<TraceEvent> trace, TraceKind one, TraceKind other, int second = 0) => SwapAt(trace, IndexOf(trace, one), IndexOf(trace, other, second));

    private static void SwapMoves(List<TraceEvent> trace, string one, string other) => SwapAt(trace, IndexOfMove(trace, one), IndexOfMove(trace, other));

    private static void SwapAt(List<TraceEvent> trace, int one, int other) => (trace[one], trace[other]) = (trace[other], trace[one]);
}
