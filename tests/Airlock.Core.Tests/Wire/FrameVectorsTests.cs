using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Airlock.Core.Tests;

/// <summary>The vectors that every implementation reads, read by this one.</summary>
public sealed class FrameVectorsTests
{
    private static readonly JsonSerializerOptions _camelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    [Fact]
    public void Frames_of_clients_are_read_as_the_vectors_say() => CheckValid(Read("client-frames.json"), fromServer: false);

    [Fact]
    public void Frames_of_newer_clients_are_read_as_the_vectors_say() => CheckValid(Read("growth.json")["fromClient"]!, fromServer: false);

    [Fact]
    public void Frames_of_newer_servers_are_read_as_the_vectors_say() => CheckValid(Read("growth.json")["fromServer"]!, fromServer: true);

    [Fact]
    public void Wrong_frames_of_clients_are_refused_for_the_cause_the_vectors_say()
    {
        foreach (var vector in Read("client-frames.json")["refused"]!.AsArray().Concat(Read("growth.json")["fromClient"]!["refused"]!.AsArray()))
        {
            var (_, error) = ReadAll($"{vector!["text"]}", fromServer: false);
            Assert.Equal($"{vector["name"]}: {vector["cause"]}", $"{vector["name"]}: {error?.Cause}");
        }
    }

    [Fact]
    public void Frames_of_servers_are_read_as_the_vectors_say() => CheckValid(Read("server-frames.json"), fromServer: true);

    [Fact]
    public void Wrong_frames_of_servers_are_refused()
    {
        foreach (var vector in Read("server-frames.json")["refused"]!.AsArray().Concat(Read("growth.json")["fromServer"]!["refused"]!.AsArray()))
        {
            var (_, error) = ReadAll($"{vector!["text"]}", fromServer: true);
            Assert.True(error is not null, $"{vector["name"]}: was read.");
        }
    }

    [Fact]
    public void Advice_after_a_close_is_what_the_vectors_say()
    {
        foreach (var vector in Read("retry.json")["advice"]!.AsArray())
        {
            var advice = CloseReason.AdviceFor((int)vector!["code"]!);
            Assert.Equal($"{vector["code"]} {vector["advice"]}", $"{vector["code"]} {(advice == RetryAdvice.ResumeLater ? "resume_later" : $"{advice}".ToLowerInvariant())}");
        }
    }

    private static JsonNode Read(string file) => JsonNode.Parse(Golden.Read($"spec/vectors/{file}"), documentOptions: new JsonDocumentOptions { MaxDepth = 256 })!;

    private static void CheckValid(JsonNode vectors, bool fromServer)
    {
        foreach (var vector in vectors["valid"]!.AsArray())
        {
            var (frames, error) = ReadAll($"{vector!["text"]}", fromServer);
            Assert.True(error is null, $"{vector["name"]}: {error}");
            var expected = vector["frames"]!.AsArray();
            Assert.Equal(expected.Count, frames.Count);
            for (var i = 0; i < frames.Count; i++)
            {
                var read = Shown(frames[i], expected[i]!.AsObject());
                Assert.True(JsonNode.DeepEquals(expected[i], read), $"{vector["name"]}: {read.ToJsonString()} instead of {expected[i]!.ToJsonString()}");
            }
        }
    }

    private static (List<Frame> Frames, CloseReason? Error) ReadAll(string text, bool fromServer)
    {
        var reader = new FrameReader(Encoding.UTF8.GetBytes(text), fromServer);
        var frames = new List<Frame>();
        while (reader.TryRead(out var frame))
        {
            frames.Add(frame);
        }

        return (frames, reader.Error);
    }

    // The same names as in the vectors; of those, the ones that this frame has there.
    private static JsonObject Shown(Frame frame, JsonObject like)
    {
        var all = frame.Body is null
            ? new JsonObject
            {
                ["s"] = frame.Sequence,
                ["a"] = frame.Acked,
                ["d"] = frame.Done,
                ["re"] = frame.Re == 0 ? null : frame.Re,
                ["try"] = frame.Try == 0 ? null : frame.Try,
                ["p"] = frame.Provisional,
                ["stopped"] = frame.Stopped,
                ["missed"] = frame.Missed == 0 ? null : frame.Missed,
                ["id"] = frame.Id,
                ["cause"] = frame.Cause,
                ["status"] = frame.Status,
                ["traceparent"] = frame.TraceParent.IsEmpty ? null : Encoding.UTF8.GetString(frame.TraceParent.Span),
                ["b"] = frame.Payload.Length == 0 ? null : JsonNode.Parse(frame.Payload.Span, documentOptions: new JsonDocumentOptions { MaxDepth = 256 }),
            }
            : JsonSerializer.SerializeToNode(frame.Body, frame.Body.GetType(), _camelCase)!.AsObject();
        if (frame.Body is RefreshFrame && !like.ContainsKey("token"))
        {
            all.Remove("token");
        }

        if (all["previous"] is JsonObject previous && like["previous"]?["explanation"] is null)
        {
            previous.Remove("explanation");
        }

        if (frame.Body is ReadyFrame { Lost: null })
        {
            all["lost"] = new JsonArray();
        }

        if (frame.Body is ClosingFrame { Message: null })
        {
            all["message"] = "";
        }

        LeaveOut(all, like, "can", "proof", "anonymous");
        if (all["resume"] is JsonObject resume)
        {
            LeaveOut(resume, like["resume"]!.AsObject(), "proof");
        }

        all["t"] = $"{frame.Type}".ToLowerInvariant();
        return new JsonObject(all.Where(field => frame.Body is not null || like.ContainsKey(field.Key)).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
    }

    // What the protocol has grown by, and what older vectors say nothing of.
    private static void LeaveOut(JsonObject all, JsonObject like, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!like.ContainsKey(name) && all[name] is null)
            {
                all.Remove(name);
            }
        }
    }
}
