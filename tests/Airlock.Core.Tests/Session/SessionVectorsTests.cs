using System.Text;
using System.Text.Json.Nodes;

namespace Airlock.Core.Tests;

/// <summary>Traces of a session that every store can replay. The inputs are written by hand; what follows is compared, and written with AIRLOCK_UPDATE=1.</summary>
public sealed class SessionVectorsTests
{
    [Fact]
    public void Traces_end_as_the_vectors_say() => Check("session.json");

    [Fact]
    public void Traces_of_what_came_later_end_as_the_vectors_say() => Check("session-growth.json");

    private static void Check(string file) => Vectors.Check(file, () =>
    {
        SessionCore? session = null;
        return (step, result) =>
        {
            if ((string?)step["do"] == "open")
            {
                session = new SessionCore(Text("connection"), Number("attempt"), new SessionLimits { Window = 2, OutboxEntriesMax = 3 }, Can());
            }

            var before = session!.Outbox.Appended;
            var verdict = Do(session);
            if (verdict is not null)
            {
                result["result"] = verdict is bool or int ? JsonValue.Create(Convert.ToInt32(verdict, null)) : $"{verdict}";
            }

            var at = session.Positions;
            if (Text("do") == "lost")
            {
                result["lost"] = new JsonArray([.. Resume.Lost(at, Number("received")).Select(static range => (JsonNode)$"{range.Direction} {range.From}-{range.To}")]);
                return;
            }

            result["positions"] = new JsonArray(at.Stored, at.Done, at.Appended, at.Acked);
            result["generation"] = session.Generation;
            result["state"] = $"{session.State}";
            var log = new JsonArray();
            for (var cursor = before; session.Outbox.After(cursor) is { } entry; cursor = entry.Sequence)
            {
                log.Add((JsonNode)$"{entry.Sequence} {entry.Kind} {entry.Re}/{entry.Try}{(entry.Provisional ? " provisional" : "")}{(entry.Stopped ? " stopped" : "")}{(entry.Missed > 0 ? $" missed {entry.Missed}" : "")}");
            }

            if (log.Count > 0)
            {
                result["log"] = log;
            }

            string Text(string name) => (string)step[name]!;
            long Number(string name) => (long)step[name]!;
            int Try() => (int)step["try"]!;
            SessionFeatures Can() => step["can"] is JsonArray can && can.Any(static name => $"{name}" == Protocol.Gap) ? SessionFeatures.Gap : SessionFeatures.None;
            ReadOnlyMemory<byte> Payload() => Encoding.UTF8.GetBytes(Text("b"));
            object? Do(SessionCore at) => Text("do") switch
            {
                "open" or "lost" => null,
                "attach" => at.Attach(Text("connection"), Number("attempt"), Number("received"), Can()),
                "detach" => at.Detach(Number("generation")),
                "append" => at.Append(Number("generation"), Number("s"), Text("id"), Payload()),
                "ack" => at.Acknowledge(Number("generation"), Number("a")),
                "bye" => at.EndInput(Number("generation")),
                "stop" => at.Stop(Number("generation"), Number("s")),
                "begin" => at.BeginTry(),
                "stream" => at.Stream(Number("re"), Try(), Payload()),
                "commit" => at.Commit(Number("re"), Try(), [.. Enumerable.Repeat<ReadOnlyMemory<byte>>("0"u8.ToArray(), (int)Number("replies"))], (bool)step["stopped"]!),
                "fail" => at.Fail(Number("re"), Try()),
                "nack" => at.Nack(Text("cause")),
                "push" => at.Push(Payload()),
                "end" => End(at),
                var other => throw new ArgumentException($"No trace can do {other} yet."),
            };

            static object? End(SessionCore at)
            {
                at.End();
                return null;
            }
        };
    });
}
