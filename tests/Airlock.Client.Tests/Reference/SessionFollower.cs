using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Airlock.Client.Tests.Reference;

/// <summary>A client that keeps to the protocol, following a session's trace: what it writes, hears, acknowledges and asks for when it resumes.</summary>
internal sealed partial class SessionFollower
{
    private const int Window = 2;

    private readonly Conversation _at = new();
    private readonly List<string> _log = [];
    private string _connection = "";
    private long _generation;
    private bool _attached;

    private Outbox Outbox => _at.Core.Session.Outbox;

    private Inbox Inbox => _at.Core.Session.Inbox;

    public void Take(JsonNode step)
    {
        var (what, then) = ($"{step["do"]}", step["then"]!);
        if (what == "lost")
        {
            Lost(step);
            return;
        }

        _log.AddRange((then["log"] as JsonArray ?? []).Select(static entry => FrameOf($"{entry}")));
        _attached &= $"{then["state"]}" != "Ended";
        // Of an older generation: this client writes to the connection that is attached, and to no other.
        if (_attached && (long?)step["generation"] == _generation)
        {
            ByClient(what, step);
        }

        if (what == "open")
        {
            _at.ToReady(Conversation.Ready(window: Window, attempt: (long)step["attempt"]!));
            (_attached, _generation, _connection) = (true, 1, $"{step["connection"]}");
        }
        else if (what == "attach")
        {
            Attach(step);
        }

        if (_attached)
        {
            Hear(then["positions"]!.AsArray());
        }

        Assert.Null(_at.Finished);
    }

    private static string FrameOf(string entry)
    {
        var parts = Entry().Match(entry).Groups;
        var (s, re, @try) = (parts[1].Value, parts[3].Value, parts[4].Value);
        var of = re == "0" ? "" : $",\"re\":{re},\"try\":{@try}";
        return parts[2].Value switch
        {
            "Data" => $$"""{"t":"data","s":{{s}}{{of}},"p":{{(parts[5].Length > 0 ? "true" : "false")}},"b":0}""",
            "End" => $$"""{"t":"end","s":{{s}}{{of}},"stopped":{{(parts[6].Length > 0 ? "true" : "false")}}}""",
            "Void" => $$"""{"t":"void","s":{{s}}{{of}}}""",
            "Gap" => $$"""{"t":"gap","s":{{s}},"missed":{{parts[7].Value}}}""",
            _ => $$"""{"t":"nack","s":{{s}},"re":{{re}},"cause":"handler_failed"}""",
        };
    }

    private void ByClient(string what, JsonNode step)
    {
        var result = $"{step["then"]!["result"]}";
        switch (what)
        {
            case "append":
                Append((long)step["s"]!, $"{step["id"]}", $"{step["b"]}", result);
                break;
            case "ack":
                Acknowledge((long)step["a"]!, result);
                break;
            case "stop" when Outbox.At((long)step["s"]!) is { StopAsked: false } message:
                _at.Do(core => core.Stop(message.Id));
                Assert.Equal([$$"""{"t":"stop","s":{{step["s"]}}}"""], _at.Written());
                break;
            case "bye":
                _at.Do(core => core.Bye(_at.Now));
                // From then on this client acknowledges what was handled without waiting for more.
                Assert.Contains("""{"t":"bye"}""", Assert.Single(_at.Written()), StringComparison.Ordinal);
                Assert.Equal(Inbox.Received, _at.Link.Acked);
                break;
            case "detach":
                (_attached, _generation) = (false, 0);
                _at.Ended();
                break;
            default:
                break;
        }
    }

    private void Append(long s, string id, string payload, string result)
    {
        switch (result)
        {
            case "Stored":
                if (Outbox.Find(id) is null)
                {
                    _at.Send(id, payload);
                }

                Assert.Equal([$$"""{"t":"data","s":{{s}},"id":"{{id}}","b":{{payload}}}"""], _at.Written());
                break;
            case "WindowExceeded":
                _at.Send(id, payload);
                Assert.Empty(_at.Written());
                break;
            case "InputEnded":
                Assert.Throws<InvalidOperationException>(() => _at.Send(id, payload));
                break;
            default:
                // Another number than the next is never written.
                Assert.Contains(result, new[] { "Gap", "Repeat", "Conflict" });
                Assert.NotEqual(Outbox.Transmitted + 1, s);
                break;
        }
    }

    private void Acknowledge(long acked, string result)
    {
        if (Inbox.IsReleased)
        {
            _at.Written();
            Assert.True(_at.Link.Acked >= acked);
            return;
        }

        if (result == "BeyondAppended")
        {
            Assert.True(acked > Inbox.Arrived);
            return;
        }

        if (result == "Backward")
        {
            Assert.True(acked < _at.Link.Acked);
        }
        else
        {
            Handle(acked);
            _at.Pass(TimeSpan.FromSeconds(1));
            Assert.Equal([$$"""{"t":"ack","a":{{acked}}}"""], _at.Written());
        }

        _at.Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(_at.Written());
    }

    private void Handle(long until)
    {
        while (Inbox.Handled < until)
        {
            _at.Do(core => core.Handle(_at.Now));
        }
    }

    private void Attach(JsonNode step)
    {
        var (then, attempt, received) = (step["then"]!, (long)step["attempt"]!, (long)step["received"]!);
        var positions = then["positions"]!.AsArray();
        switch ($"{then["result"]}")
        {
            case "Stale":
                // Each asking is a higher attempt.
                Assert.True(attempt <= _at.Core.Session.Attempt);
                return;
            case "Impossible":
                Assert.True(received > Inbox.Arrived);
                return;
            case "Trimmed":
                Assert.True(received < Inbox.Handled);
                return;
            case "Unable":
                // This client can the same in every hello.
                Assert.True((step["can"] as JsonArray)?.Any(static name => $"{name}" == "gap") != true);
                return;
            case "Finished":
                // What was said goodbye to is over: the answer is a new session, and nothing is lost.
                Assert.True(_at.Core.Leaving);
                return;
            default:
                Assert.Equal("Resumed", $"{then["result"]}");
                break;
        }

        if ($"{step["connection"]}" == _connection)
        {
            // The server tells again what this client knows.
            return;
        }

        Handle(received);
        received = Inbox.Received;
        Assert.True(received == (long)step["received"]! || Inbox.IsReleased);
        if (_attached)
        {
            _at.Ended();
        }

        // Dialing that often takes too long: a server may say how high it is.
        _at.Core.Session.Attempt = Math.Max(_at.Core.Session.Attempt, Math.Min(attempt - 1, attempt > 1000 ? long.MaxValue : 0));
        while (true)
        {
            for (var dialed = _at.Dialed.Count; _at.Dialed.Count == dialed;)
            {
                _at.Pass(TimeSpan.FromMilliseconds(100));
            }

            _at.Connect();
            _at.Says(Conversation.Open);
            var hello = Assert.Single(_at.Written());
            if (_at.Core.Session.Attempt >= attempt)
            {
                Assert.Contains($$""","resume":{"session":"s-1","attempt":{{attempt}},"received":{{received}}}""", hello, StringComparison.Ordinal);
                break;
            }

            // One that was lost before it was attached.
            _at.Ended();
        }

        (_attached, _generation, _connection) = (true, (long)then["generation"]!, $"{step["connection"]}");
        _at.Says(Conversation.Authed);
        _at.Says(Conversation.Ready(generation: _generation, attempt: attempt, resume: "resumed", window: Window, received: (long)positions[0]!, done: (long)positions[1]!, replayTo: (long)positions[2]!));
        // The replay starts behind what was handled; what is here already is not taken again.
        var arrived = Inbox.Arrived;
        for (var s = received + 1; s <= arrived; s++)
        {
            _at.Says(_log[(int)s - 1]);
        }

        Assert.Equal(arrived, Inbox.Arrived);
    }

    private void Hear(JsonArray positions)
    {
        for (var s = Inbox.Arrived; s < (long)positions[2]!; s++)
        {
            _at.Says(_log[(int)s]);
        }

        _at.Says($$"""{"t":"ack","a":{{positions[0]}},"d":{{positions[1]}}}""");
        var isReleased = Inbox.IsReleased;
        Assert.Equal(positions.Select(static position => (long)position!).Take(isReleased ? 3 : 4), new[] { Outbox.Transmitted, Outbox.Done, Inbox.Arrived, Inbox.Handled }.Take(isReleased ? 3 : 4));
        Assert.True(!isReleased || Inbox.Received == Inbox.Arrived);
    }

    private static void Lost(JsonNode step)
    {
        var at = new Conversation().ToReady();
        for (var s = 1; s <= (int)step["arrived"]!; s++)
        {
            at.Says($$"""{"t":"data","s":{{s}},"b":{{s}}}""");
        }

        for (var s = 1; s <= (int)step["received"]!; s++)
        {
            at.Do(core => core.Handle(at.Now));
        }

        at.Ended();
        at.Pass(TimeSpan.Zero);
        var lost = string.Join(',', step["then"]!["lost"]!.AsArray().Select(static range => Range().Replace($"{range}", static match =>
            $$"""{"direction":"{{match.Groups[1].Value.ToLowerInvariant()}}","from":{{match.Groups[2]}},"to":{{match.Groups[3]}}}""")));
        at.Attach(Conversation.Ready(session: "s-2", attempt: 2, more: $",\"lost\":[{lost}]"));
        Assert.Equal(step["told"]!.AsArray().Select(static range => $"{range}"), at.Take()[^1].Lost.Select(static range => $"{range.Direction} {range.From}-{range.To}"));
        Assert.Equal((0, 0), (at.Core.Session.Inbox.Arrived, at.Core.Session.Inbox.Handled));
    }

    [GeneratedRegex("^(\\d+) (\\w+) (\\d+)/(\\d+)( provisional)?( stopped)?(?: missed (\\d+))?$")]
    private static partial Regex Entry();

    [GeneratedRegex("^(Up|Down) (\\d+)-(\\d+)$")]
    private static partial Regex Range();
}
