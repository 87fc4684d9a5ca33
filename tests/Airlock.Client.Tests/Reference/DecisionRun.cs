using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Airlock.Core;

namespace Airlock.Client.Tests.Reference;

/// <summary>One case of <c>spec/vectors/decisions.json</c> (<c>spec/client.md</c>, last section): the core, and a driver that does what it orders without a socket.</summary>
internal sealed class DecisionRun
{
    public static readonly string[] Keys = ["dial", "asked", "write", "close", "ended", "told", "receipts", "ready", "finished"];

    private static readonly JsonSerializerOptions _deep = new() { MaxDepth = 256 };

    private readonly JsonObject _defaults;
    private readonly Queue<string> _tokens;
    private readonly bool _handlesLater;
    private readonly AirlockClientOptions _options;
    private readonly ClientCore _core;
    private readonly List<Link> _links = [];
    private readonly HashSet<Link> _sockets = [];
    private JsonObject _decided = [];
    private TimeSpan _now;
    private bool _inHand;

    public DecisionRun(JsonObject options, JsonObject defaults)
    {
        _defaults = defaults;
        _tokens = new((options["tokens"] as JsonArray ?? []).Select(static token => $"{token}"));
        _handlesLater = $"{options["handles"]}" == "later";
        var random = (double?)options["random"] ?? 0;
        _options = new AirlockClientOptions
        {
            Jitter = () => random,
            Token = _tokens.Count > 0 ? static _ => new((string?)null) : null,
            ConnectTimeout = TimeSpan.FromMilliseconds((double?)options["connectTimeout"] ?? 30_000),
            UnfinishedMax = (int?)options["queueMax"] ?? 1024,
        };
        var session = new Session("instance", _options.UnhandledBytesMax);
        if (options["position"] is { } kept)
        {
            var state = new AirlockClientState
            {
                Instance = "instance",
                Session = (string?)kept["session"],
                User = (string?)kept["user"],
                Proof = (string?)kept["proof"],
                Attempt = (long)kept["attempt"]!,
                Generation = (long)kept["generation"]!,
                Received = (long)kept["received"]!,
                Done = (long)kept["done"]!,
                Bye = (long?)kept["bye"],
                Losses = [.. (kept["losses"]?.AsArray() ?? []).Select(static loss => new AirlockClientState.Loss([.. loss!["lost"]!.AsArray().Select(Range)], [.. loss["open"]!.AsArray().Select(static one => new AirlockClientState.Provisional((long)one!["re"]!, (int)one["try"]!, (string?)one["id"]))]))],
                Messages = [.. kept["messages"]!.AsArray().Select(static message => new AirlockClientState.Message($"{message!["id"]}", message["b"]!.ToJsonString(), false))],
            };
            state.Check();
            session.Restore(state);
        }

        _core = new ClientCore(session, _options, DateTimeOffset.UnixEpoch);
    }

    /// <summary>Lets the time pass, does a step, and returns what was decided.</summary>
    public JsonObject Take(JsonObject step)
    {
        _decided = [];
        var at = TimeSpan.FromMilliseconds((double?)step["at"] ?? _now.TotalMilliseconds);
        // What is due at this very moment waits until the time goes on, or is said to.
        while ((step.ContainsKey("at") || $"{step["do"]}" == "time") && _core.Due is { } due && due <= at)
        {
            _now = due > _now ? due : _now;
            Do(core => core.Tick(_now));
        }

        _now = at;
        Step(step);
        return _decided;
    }

    private void Step(JsonObject step)
    {
        var link = step["link"] is { } number ? _links[(int)number - 1] : null;
        switch ($"{step["do"]}")
        {
            case "start":
                Do(core => core.Start(_now));
                break;
            case "hear":
                foreach (var frame in step["frames"]!.AsArray())
                {
                    Do(core => core.Received(link!, Encoding.UTF8.GetBytes(Whole(frame!.AsObject()).ToJsonString(_deep)), _now));
                }

                break;
            case "closed":
                _sockets.Remove(link!);
                Do(core => core.Ended(link!, (int)step["code"]! is var code && code == 1006 ? Ending.Lost(null) : Ending.Of(code, (string?)step["reason"]), _now));
                break;
            case "unopened":
                _sockets.Remove(link!);
                Do(core => core.Ended(link!, step["status"] is { } status ? AnswerOf(step, (int)status).ToEnding(_core.Session.Id is not null, null) : Ending.Lost(null), _now));
                break;
            case "send":
                Send($"{step["id"]}", Encoding.UTF8.GetBytes(step["b"]!.ToJsonString(_deep)));
                break;
            case "stop":
                Do(core => core.Stop($"{step["id"]}"));
                break;
            case "bye":
                Do(core => core.Bye(_now));
                break;
            case "leave":
                Do(core => core.Leave(_now));
                break;
            case "handled":
                _inHand = false;
                Do(core => core.Handle(_now));
                break;
            case "opened" or "time":
                break;
            case var unknown:
                throw new InvalidOperationException($"A step may not be '{unknown}'.");
        }
    }

    private static HttpAnswer AnswerOf(JsonNode step, int status) =>
        new(status, (string?)step["cause"], HttpAnswer.Wait((string?)step["retryAfter"], (string?)step["date"]));

    private void Send(string id, byte[] payload)
    {
        try
        {
            Assert.True(Payload.IsOneJsonValue(payload));
            Do(core => core.Send(id, payload));
        }
        catch (AirlockRefusedException refused)
        {
            Note("receipts", id, refused.Cause);
        }
    }

    private JsonObject Whole(JsonObject frame)
    {
        var whole = (JsonObject)frame.DeepClone();
        foreach (var (name, value) in _defaults[$"{frame["t"]}"] as JsonObject ?? [])
        {
            if (!whole.ContainsKey(name))
            {
                whole[name] = value?.DeepClone();
            }
        }

        return whole;
    }

    private void Do(Action<ClientCore> step)
    {
        step(_core);
        bool more;
        do
        {
            more = false;
            while (_core.TryTake(out var effect))
            {
                more = true;
                Perform(effect);
            }

            foreach (var link in _sockets)
            {
                more |= Write(link);
            }

            more |= Tell();
        }
        while (more);
    }

    private void Perform(Effect effect)
    {
        switch (effect)
        {
            case Effect.Dial dial:
                _links.Add(dial.Link);
                Dial(dial.Link);
                break;
            case Effect.FetchToken fetch:
                Add("asked", "refresh");
                if (NextToken() is not "never" and var token)
                {
                    _core.TokenFetched(fetch.Link, token == "fail" ? null : token, _now);
                }

                break;
            case Effect.Close close when _sockets.Remove(close.Link):
                // What is still written goes out first.
                Write(close.Link);
                Note("close", $"{close.Link.Number}", close.Code);
                break;
            case Effect.Change { What: { RetryIn: { } wait } change }:
                Add("ended", new JsonObject { ["link"] = change.Number, ["cause"] = change.Cause, ["retryIn"] = wait.TotalMilliseconds });
                break;
            case Effect.Settle settle:
                Note("receipts", settle.Receipt.Id, settle.Refusal?.Cause ?? (settle.Outcome == MessageOutcome.Stopped ? "stopped" : "done"));
                break;
            case Effect.Ready:
                _decided["ready"] = true;
                break;
            case Effect.Finish finish:
                _decided["finished"] = finish.Ending.Cause;
                break;
            default:
                break;
        }
    }

    private void Dial(Link link)
    {
        var token = (string?)null;
        if (_options.Token is not null)
        {
            Add("asked", link.Reason.ToString().ToLowerInvariant());
            token = NextToken();
            if (token == "fail")
            {
                _core.Ended(link, Ending.NoCredentials(new IOException()), _now);
                return;
            }

            if (token == "never")
            {
                return;
            }
        }

        link.Offer = Offer.Of(token, null, CredentialCarrier.Hello);
        _sockets.Add(link);
        Add("dial", link.Number);
    }

    private string NextToken() => _tokens.Count > 1 ? _tokens.Dequeue() : _tokens.Peek();

    private bool Write(Link link)
    {
        var wrote = false;
        using var writer = new FrameWriter();
        while (_core.Fill(link, writer, _now))
        {
            wrote = true;
            var message = JsonNode.Parse(writer.Finish().Span, documentOptions: new JsonDocumentOptions { MaxDepth = 256 })!;
            foreach (var frame in message is JsonArray several ? several.ToList() : [message])
            {
                var written = (_decided["write"] ??= new JsonObject()).AsObject();
                (written[$"{link.Number}"] ??= new JsonArray()).AsArray().Add(frame!.DeepClone());
            }
        }

        return wrote;
    }

    private bool Tell()
    {
        if (_inHand || _core.NextMessage is not { } message)
        {
            return false;
        }

        Add("told", new JsonObject
        {
            ["type"] = message.Kind == MessageKind.Data ? "message" : message.Kind.ToString().ToLowerInvariant(),
            ["s"] = message.Sequence,
            ["missed"] = message.Missed,
            ["re"] = message.ReSequence,
            ["try"] = message.Try,
            ["lost"] = new JsonArray([.. message.Lost.Select(static range => new JsonObject { ["direction"] = range.Direction == Direction.Up ? "up" : "down", ["from"] = range.From, ["to"] = range.To })]),
        });
        if (_handlesLater)
        {
            _inHand = true;
        }
        else
        {
            _core.Handle(_now);
        }

        return true;
    }

    private static LostRange Range(JsonNode? range) => new($"{range!["direction"]}" == "up" ? Direction.Up : Direction.Down, (long)range["from"]!, (long?)range["to"]);

    private void Add(string key, JsonNode what) => (_decided[key] ??= new JsonArray()).AsArray().Add(what);

    private void Note(string key, string name, JsonNode what) => (_decided[key] ??= new JsonObject()).AsObject()[name] = what;
}
