using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Airlock.Client.Tests.Reference;
using Airlock.Core;

namespace Airlock.Client.Tests;

/// <summary>The client's half of the vectors: what it writes, and what it knows of sessions and connections.</summary>
public class ClientVectorTests
{
    private static readonly JsonSerializerOptions _camelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, MaxDepth = 256 };

    public static TheoryData<string> Legal => Names("client-frames.json", "valid");

    public static TheoryData<string> Refused => Names("client-frames.json", "refused");

    public static TheoryData<string, string> Sessions => new(
        new[] { "session.json", "session-growth.json" }.SelectMany(static file => Vectors.Read(file)["traces"]!.AsArray().Select(vector => (file, $"{vector!["name"]}"))));

    public static TheoryData<string> Lifecycles => Names("lifecycle.json", "traces");

    [Theory]
    [MemberData(nameof(Legal))]
    public void Legal_frame_is_written_as_the_vector_says(string name)
    {
        var vector = Vector("client-frames.json", "valid", name);
        using var writer = new FrameWriter();
        writer.Begin();
        foreach (var frame in vector["frames"]!.AsArray())
        {
            Write(writer, frame!);
        }

        var written = Encoding.UTF8.GetString(writer.Finish().Span);
        if (vector["form"] is null)
        {
            Assert.Equal($"{vector["text"]}", written);
            return;
        }

        var frames = Parse(written) is JsonArray several ? several : [Parse(written)];
        Assert.True(JsonNode.DeepEquals(new JsonArray([.. vector["frames"]!.AsArray().Select(static frame => Dense(frame!))]), new JsonArray([.. frames.Select(static frame => Dense(frame!))])), written);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refused_frame_is_never_written_whatever_the_client_is_given(string name)
    {
        var vector = Vector("client-frames.json", "refused", name);
        Assert.Contains(CloseReason.All, reason => reason.Cause == $"{vector["cause"]}");
        foreach (var message in WrittenFrom($"{vector["text"]}"))
        {
            var reader = new FrameReader(Encoding.UTF8.GetBytes(message), fromServer: false);
            while (reader.TryRead(out _))
            {
                // Only the end of the message tells.
            }

            Assert.True(reader.Error is null, $"{reader.Error?.Cause}: {message[..Math.Min(200, message.Length)]}");
        }
    }

    [Fact]
    public void What_stands_in_a_legal_frame_comes_through()
    {
        // This client leaves one level of nesting for the array that a batch stands in.
        foreach (var vector in Vectors.Read("client-frames.json")["valid"]!.AsArray().Where(static vector => vector!["form"] is null && $"{vector["name"]}" != "data as deep as may be"))
        {
            foreach (var frame in vector!["frames"]!.AsArray())
            {
                var expected = Dense(frame!);
                if ($"{expected["t"]}" is "data" or "hello" or "refresh")
                {
                    (expected["s"], expected["a"]) = (expected["s"] is null ? null : 1, null);
                    // Which carriers were used is not for the application to say, nor what the connections before saw (ClientCoreTraceTests).
                    expected.Remove("sent");
                    expected.Remove("saw");
                    expected.Remove("can");
                    expected = Dense(expected);
                    Assert.Contains(WrittenFrom(expected.ToJsonString()).Select(static text => Dense(Parse(text))), written =>
                    {
                        written.Remove("sent");
                        written.Remove("saw");
                        written.Remove("can");
                        return JsonNode.DeepEquals(expected, written);
                    });
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sessions))]
    public void Client_follows_the_trace_of_a_session(string file, string name)
    {
        var follower = new SessionFollower();
        foreach (var step in Vector(file, "traces", name)["steps"]!.AsArray())
        {
            follower.Take(step!);
        }
    }

    [Theory]
    [MemberData(nameof(Lifecycles))]
    public void Client_knows_the_states_of_a_trace(string name)
    {
        var listener = new LifecycleListener();
        foreach (var step in Vector("lifecycle.json", "traces", name)["steps"]!.AsArray())
        {
            listener.Take(step!);
            // A gate that is down while it attaches shows as soon as it is ready, in the server one event later.
            if ($"{step!["event"]}" != "AttachSucceeded")
            {
                Assert.Equal(listener.Server, listener.State);
            }
        }

        Assert.Equal(listener.Passed, listener.Entered);
    }

    /// <summary>Everything that a client writes whose application, state and server gave it what stands in a text.</summary>
    private static IReadOnlyList<string> WrittenFrom(string text)
    {
        try
        {
            if (Parse(text) is not JsonObject frame)
            {
                return [];
            }

            var auth = frame["auth"] as JsonObject;
            var options = new AirlockClientOptions { Token = static _ => ValueTask.FromResult<string?>("x") };
            AirlockClientState? state = null;
            if ($"{frame["t"]}" == "hello")
            {
                options.ClientName = (string)frame["client"]!;
                var resume = frame["resume"];
                state = new AirlockClientState { Instance = (string)frame["instance"]!, Session = (string?)resume?["session"], Attempt = resume is null ? 0 : Number(resume["attempt"]) - 1, Received = resume is null ? 0 : Number(resume["received"]) };
                state.Check();
            }

            options.Check();
            var at = new Conversation(options, state);
            at.Do(core => core.Start(at.Now, (string?)frame["traceparent"]));
            at.Connect(Offer.Of((string?)auth?["token"], (string?)auth?["ticket"], CredentialCarrier.Hello));
            at.Says(Conversation.Open);
            var written = at.Written().ToList();
            at.Says(Conversation.Authed);
            at.Says(state?.Session is null ? Conversation.Ready() : Conversation.Ready(session: "s-2"));
            if ($"{frame["t"]}" == "data")
            {
                // The public method checks; the unstarted client keeps what it let through.
                var client = new AirlockClient(new Uri("ws://localhost/chat"));
                client.SendJson(Encoding.UTF8.GetBytes(frame.TryGetPropertyValue("b", out var b) ? b?.ToJsonString(_camelCase) ?? "null" : ""), (string?)frame["id"] ?? "");
                var kept = client.Export().Messages.Single();
                at.Send(kept.Id, kept.Payload, (string?)frame["traceparent"]);
            }

            if ($"{frame["t"]}" == "refresh")
            {
                at.Says("""{"t":"refresh","by":1700000100000}""");
                Offer.Check((string?)frame["token"]);
                at.Do(core => core.TokenFetched(at.Link, (string?)frame["token"], at.Now));
            }

            return [.. written, .. at.Written()];
        }
        catch (Exception refused) when (refused is ArgumentException or JsonException or InvalidOperationException or FormatException)
        {
            return [];
        }
    }

    private static void Write(FrameWriter writer, JsonNode frame)
    {
        switch ($"{frame["t"]}")
        {
            case "hello":
                writer.Write(frame.Deserialize<HelloFrame>(_camelCase)!);
                break;
            case "data":
                writer.WriteData((long)frame["s"]!, $"{frame["id"]}", Encoding.UTF8.GetBytes(frame["b"]?.ToJsonString(_camelCase) ?? "null"), (long?)frame["a"], (string?)frame["traceparent"]);
                break;
            case "ack":
                writer.WriteAck((long)frame["a"]!);
                break;
            case "stop":
                writer.WriteStop((long)frame["s"]!);
                break;
            case "refresh":
                writer.Write(new RefreshFrame { Token = $"{frame["token"]}" });
                break;
            case var name:
                writer.Write(Enum.Parse<FrameType>(name, ignoreCase: true));
                break;
        }
    }

    private static long Number(JsonNode? node) => node is null ? throw new ArgumentException("There is no number.") : (long)node;

    private static JsonNode Parse(string text) => JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 256 })!;

    /// <summary>The same without the fields that are null; a payload may be.</summary>
    private static JsonObject Dense(JsonNode frame) =>
        new(frame.AsObject().Where(static field => field.Value is not null || field.Key == "b").Select(static field =>
            KeyValuePair.Create(field.Key, field is { Key: not "b", Value: JsonObject inner } ? Dense(inner) : field.Value?.DeepClone())));

    private static TheoryData<string> Names(string file, string part) => new(Vectors.Read(file)[part]!.AsArray().Select(static vector => $"{vector!["name"]}"));

    private static JsonNode Vector(string file, string part, string name) => Vectors.Read(file)[part]!.AsArray().Single(vector => $"{vector!["name"]}" == name)!;
}
