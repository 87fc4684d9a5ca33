using System.Text.Json.Nodes;
using Airlock.Core;

namespace Airlock.Client.Tests.Reference;

/// <summary>A client that hears what the server of a lifecycle's trace is ordered to say.</summary>
internal sealed class LifecycleListener
{
    private readonly Conversation _at = new();
    private readonly Link _link;
    private (bool Required, bool Optional) _down;

    public LifecycleListener()
    {
        _at.Do(core => core.Start(_at.Now));
        _at.Connect();
        _link = _at.Link;
    }

    /// <summary>Where the server is.</summary>
    public string Server { get; private set; } = $"{ConnectionState.Connecting}";

    /// <summary>The states that the server passed through.</summary>
    public List<string> Passed { get; } = [$"{ConnectionState.Connecting}"];

    /// <summary>Where the client is.</summary>
    public string State => $"{_link.State}";

    /// <summary>The states that the client entered.</summary>
    public IEnumerable<string> Entered
    {
        get
        {
            var last = "";
            foreach (var state in _at.Changes.Where(change => change.Number == _link.Number).Select(static change => $"{change.State}"))
            {
                if (state != last)
                {
                    yield return last = state;
                }
            }
        }
    }

    public void Take(JsonNode step)
    {
        var (before, then, what) = (Server, step["then"]!, $"{step["event"]}");
        Server = $"{then["state"]}";
        if (Server != before)
        {
            Passed.Add(Server);
        }

        if (then["refused"] is not null || _link.IsOver)
        {
            return;
        }

        if (what == "CloseReceived" && before != "Closing")
        {
            _at.Do(core => core.Leave(_at.Now));
        }
        else if (what == "GatesChanged")
        {
            Gates(((int)step["requiredDown"]! > 0, (int)step["optionalDown"]! > 0));
        }

        foreach (var effect in then["effects"]!.AsArray())
        {
            Hear($"{effect}", then);
        }

        if (Server is "Closed" or "Failed")
        {
            _at.Ended(Server == "Closed" ? Ending.Of((int)then["code"]!, $"{then["cause"]}") : Ending.Lost(null), _link);
        }
    }

    private void Hear(string effect, JsonNode then)
    {
        var text = effect switch
        {
            "SendOpen" => Conversation.Open,
            "SendAuthed" => Conversation.Authed,
            "SendReady" => Conversation.Ready(),
            "SendPing" => """{"t":"ping"}""",
            "SendRefresh" => """{"t":"refresh","by":1700000030000}""",
            "SendDrain" => """{"t":"drain","delay":0,"by":1700000030000}""",
            // A client that closes hears nothing more.
            "SendClose" when !_link.Left => $$"""{"t":"closing","code":{{then["code"]}},"cause":"{{then["cause"]}}","retry":"never","resumable":true}""",
            _ => null,
        };
        if (text is not null)
        {
            _at.Says(text, _link);
        }
    }

    /// <summary>One frame for each change.</summary>
    private void Gates((bool Required, bool Optional) down)
    {
        Tell("required", true, _down.Required, down.Required);
        Tell("optional", false, _down.Optional, down.Optional);
        _down = down;

        void Tell(string name, bool required, bool before, bool now)
        {
            if (before != now)
            {
                _at.Says($$"""{"t":"gate","name":"{{name}}","required":{{(required ? "true" : "false")}},"state":"{{(now ? "waiting" : "open")}}","elapsed":1,"deadline":null,"retryAfter":null}""", _link);
            }
        }
    }
}
