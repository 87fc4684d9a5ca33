using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Tests;

/// <summary>A run as it should be: a resume after a reset, an answer told in events whose first try fails, a refused message, a refused upgrade, and two users side by side.</summary>
internal sealed class GoodTrace
{
    private readonly List<TraceEvent> _events = [];
    private int _down;
    private TimeSpan _at;

    private GoodTrace()
    {
    }

    public static List<TraceEvent> Make()
    {
        var trace = new GoodTrace();
        trace.Begin("c1", "alice");
        trace.BeReady("c1", "alice", "client 1", "s1", 1, stored: 0);
        trace.Begin("c3", "bob");
        trace.Send("client 1", "alice", "c1", "m1.1");
        trace.Send("client 1", "alice", "c1", "m1.2");
        trace.Store("c1", "s1", 1, 1, "m1.1", done: 0);
        trace.BeReady("c3", "bob", "client 2", "s2", 1, stored: 0);
        trace.Store("c1", "s1", 1, 2, "m1.2", done: 0);

        trace.Try("s1", 1, 1, "m1.1", "alice");
        trace.Get("c1", "client 1", "s1", "data", 1, 1, provisional: true, told: "agent_started m1.1");
        trace.EndTry("s1", 1, 1, "fail Applied", done: 0, stored: 2);
        trace.Get("c1", "client 1", "s1", "void", 1, 1, provisional: true);
        trace.Try("s1", 1, 2, "m1.1", "alice");
        foreach (var told in (string[])["agent_started m1.1", "agent_thinking m1.1", "tool_executing m1.1 usage", "tool_completed m1.1 usage"])
        {
            trace.Get("c1", "client 1", "s1", "data", 1, 2, provisional: true, told: told);
        }

        trace.Add(TraceKind.HandlingEnded, "", "m1.1", "alice", "s1", 1);
        trace.EndTry("s1", 1, 2, "commit Full", done: 0, stored: 2);
        trace.EndTry("s1", 1, 2, "commit Applied", done: 1, stored: 2);
        trace.Get("c1", "client 1", "s1", "data", 1, 2, provisional: false, told: "m1.1 alice agent_completed");
        trace.Add(TraceKind.ClientAnswered, "c1", "m1.1", "client 1", "alice");
        trace.Get("c1", "client 1", "s1", "end", 1, 2, provisional: true);

        trace.Send("client 2", "bob", "c3", "m2.1");
        trace.Store("c3", "s2", 1, 1, "m2.1", done: 0);
        trace.Add(TraceKind.Fault, "c1", "reset");
        trace.Add(TraceKind.ClientClosed, "c1", number: 1006, actor: "client 1");
        trace.Move("c1", States.ProcessingReady, States.Failed);
        trace.End("c1", "s1", 1, "transport_lost", 0);

        trace.Begin("c2", "alice");
        trace.BeReady("c2", "alice", "client 1", "s1", 2, stored: 2);
        trace.Try("s1", 2, 1, "m1.2", "alice");
        trace.Send("client 1", "alice", "c2", "m1.3");
        trace.Add(TraceKind.HandlingEnded, "", "m1.2", "alice", "s1", 2);
        trace.Store("c2", "s1", 2, 3, "m1.3", done: 1);
        trace.Add(TraceKind.Stored, "", "s1", "1", "Fenced", 3);
        trace.EndTry("s1", 2, 1, "commit Applied", done: 2, stored: 3);
        trace.Get("c2", "client 1", "s1", "data", 2, 1, provisional: false);
        trace.Add(TraceKind.ClientAnswered, "c2", "m1.2", "client 1", "alice");
        trace.Move("c2", States.ProcessingReady, States.Degraded);
        trace.Move("c2", States.Degraded, States.ProcessingReady);
        trace.Try("s1", 3, 1, "m1.3", "alice");
        trace.EndTry("s1", 3, 1, "fail Applied", done: 3, stored: 3);
        trace.Get("c2", "client 1", "s1", "nack", 3, 1, provisional: false);
        trace.Add(TraceKind.ClientRefused, "c2", "m1.3", "client 1", "handler_failed");

        trace.Begin("c4", "carol");
        trace.Add(TraceKind.UpgradeRefused, "c4", "draining", number: 503);
        trace.Move("c4", States.Connecting, States.Closed);
        trace.Add(TraceKind.Ended, "c4", "draining");
        trace.Add(TraceKind.Unregistered, "c4", "id c4");
        trace.Add(TraceKind.ClientClosed, "c4", "draining", number: 503, actor: "client 3");

        trace.Try("s2", 1, 1, "m2.1", "bob");
        trace.Add(TraceKind.Fault, "", "store: Commit fails");
        trace.Add(TraceKind.Logged, "", "Error", to: "The session store failed");
        trace.EndTry("s2", 1, 1, "commit Applied", done: 1, stored: 1);
        trace.Get("c3", "client 2", "s2", "data", 1, 1, provisional: false, number: 1);
        trace.Add(TraceKind.ClientAnswered, "c3", "m2.1", "client 2", "bob");
        trace.Leave("c2", "client 1", "s1", 2);
        trace.Leave("c3", "client 2", "s2", 1);
        return trace._events;
    }

    private void Begin(string connection, string user)
    {
        Add(TraceKind.Dialed, connection, user, number: 60_000);
        Add(TraceKind.Registered, connection, $"id {connection}");
        Add(TraceKind.MachineMade, connection, $"id {connection}", to: States.Connecting);
    }

    private void BeReady(string connection, string user, string client, string session, long generation, long stored)
    {
        Add(TraceKind.UpgradeAccepted, connection);
        Move(connection, States.Connecting, States.Accepted);
        Add(TraceKind.Sent, connection);
        Add(TraceKind.Received, connection);
        Add(TraceKind.ContextMade, connection, user, to: $"context {connection}");
        Move(connection, States.Accepted, States.Authenticated);
        Move(connection, States.Authenticated, States.ServicesReady);
        Add(TraceKind.Attached, connection, session, $"{stored}", generation == 1 ? "new" : "resumed", generation);
        Add(TraceKind.Acquired, connection, "attachment", to: $"{session} {generation}");
        Move(connection, States.ServicesReady, States.ProcessingReady);
        Add(TraceKind.ReadyAnnounced, connection, $"id {connection}");
        Add(TraceKind.Sent, connection);
        Add(TraceKind.ClientReady, connection, actor: client);
    }

    private void Send(string client, string user, string connection, string message) => Add(TraceKind.ClientSent, connection, message, client, user);

    private void Store(string connection, string session, long generation, long number, string message, long done)
    {
        Add(TraceKind.Received, connection);
        Add(TraceKind.Stored, "", session, $"{generation}", "Stored", number);
        Add(TraceKind.Denoted, "", $"{session} up", to: message, number: number);
        Add(TraceKind.Denoted, "", $"{session} up", to: message, number: number);
        Add(TraceKind.Positions, "", session, $"{done}", $"{number}", 16);
    }

    private void Try(string session, long number, int attempt, string message, string user)
    {
        Add(TraceKind.TryBegan, "", session, $"{attempt}", number: number);
        Add(TraceKind.HandlingBegan, "", message, user, session, number);
    }

    private void EndTry(string session, long number, int attempt, string how, long done, long stored)
    {
        Add(TraceKind.TryEnded, "", session, $"{attempt}", how, number);
        Add(TraceKind.Positions, "", session, $"{done}", $"{stored}", 16);
    }

    private void Get(string connection, string client, string session, string kind, long message, int attempt, bool provisional, long? number = null, string? told = null)
    {
        Add(TraceKind.Sent, connection);
        Add(TraceKind.ClientGot, connection, kind, client, $"{client}/{session}", number ?? ++_down);
        Add(TraceKind.Denoted, "", $"{client}/{session} down", to: $"{kind} {told ?? $"{message}.{attempt}"}", number: number ?? _down);
        if (provisional)
        {
            Add(TraceKind.ClientProvisional, connection, kind, $"{attempt}", $"{client}/{session}", message);
        }
    }

    private void Leave(string connection, string client, string session, long generation)
    {
        Add(TraceKind.ClientLeft, connection, "bye", client);
        Move(connection, States.ProcessingReady, States.Closing);
        Add(TraceKind.Sent, connection);
        Add(TraceKind.ServerClosed, connection, "bye", number: 1000);
        Add(TraceKind.Received, connection);
        Move(connection, States.Closing, States.Closed);
        End(connection, session, generation, "bye", 1000);
        Add(TraceKind.ClientClosed, connection, "bye", number: 1000, actor: client);
    }

    private void End(string connection, string session, long generation, string cause, long code)
    {
        Add(TraceKind.Detached, "", session, number: generation);
        Add(TraceKind.Released, "", "attachment", to: $"{session} {generation}");
        Add(TraceKind.Ended, connection, cause, number: code);
        Add(TraceKind.Unregistered, connection, $"id {connection}");
    }

    private void Move(string connection, string from, string to) => Add(TraceKind.Moved, connection, $"id {connection}", from, to);

    private void Add(TraceKind kind, string connection, string? name = null, string? from = null, string? to = null, long number = 0, string actor = "somebody")
    {
        _at += TimeSpan.FromMilliseconds(1);
        _events.Add(new TraceEvent(kind, connection) { Step = _events.Count + 1, At = _at, Actor = actor, Name = name, From = from, To = to, Number = number });
    }
}
