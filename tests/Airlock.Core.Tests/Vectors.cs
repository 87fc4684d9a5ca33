using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Airlock.Core.Tests;

/// <summary>Traces in spec/vectors: each step holds its input and, under <c>then</c>, what follows from it.</summary>
public static class Vectors
{
    private static readonly JsonSerializerOptions _readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Replays every trace and compares all that follows.</summary>
    /// <param name="file">The file in spec/vectors.</param>
    /// <param name="begin">Begins a trace; what it returns takes a step and fills in what followed.</param>
    public static void Check(string file, Func<Action<JsonObject, JsonObject>> begin)
    {
        var path = $"spec/vectors/{file}";
        var page = JsonNode.Parse(Golden.Read(path))!;
        var traces = page["traces"]!.AsArray();
        Assert.NotEmpty(traces);
        foreach (var trace in traces)
        {
            var replay = begin();
            foreach (var step in trace!["steps"]!.AsArray())
            {
                var then = new JsonObject();
                replay(step!.AsObject(), then);
                step["then"] = then;
            }
        }

        // One step a line.
        Golden.Check(path, $$"""
            {
              "about": {{page["about"]!.ToJsonString(_readable)}},
              "traces": [
            {{string.Join(",\n", traces.Select(trace => $"    {{ \"name\": {trace!["name"]!.ToJsonString(_readable)}, \"steps\": [\n{string.Join(",\n", trace["steps"]!.AsArray().Select(step => $"      {step!.ToJsonString(_readable)}"))}\n    ] }}"))}}
              ]
            }

            """);
    }
}
