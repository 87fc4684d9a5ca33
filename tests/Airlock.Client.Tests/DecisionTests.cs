using System.Text.Json;
using System.Text.Json.Nodes;
using Airlock.Client.Tests.Reference;

namespace Airlock.Client.Tests;

/// <summary>Every case of <c>spec/vectors/decisions.json</c>: the JavaScript client decides the same.</summary>
public class DecisionTests
{
    private static readonly JsonNode _file = Vectors.Read("decisions.json");

    public static TheoryData<string> Cases => new(_file["cases"]!.AsArray().Select(static one => $"{one!["name"]}"));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Client_decides_as_the_vector_says(string name)
    {
        var @case = _file["cases"]!.AsArray().Single(one => $"{one!["name"]}" == name)!;
        var run = new DecisionRun(@case["options"] as JsonObject ?? [], _file["defaults"]!.AsObject());
        var at = 0;
        foreach (var step in @case["steps"]!.AsArray())
        {
            at++;
            var decided = run.Take(step!.AsObject());
            var expected = (step["expect"] as JsonObject) ?? [];
            foreach (var key in DecisionRun.Keys.Where(key => key != "ended" || expected.ContainsKey(key)))
            {
                Assert.True(Fits(expected[key], decided[key]), $"Step {at} ({step["do"]}), {key}: expected {expected[key]?.ToJsonString() ?? "nothing"}, decided {decided[key]?.ToJsonString() ?? "nothing"}.");
            }
        }
    }

    [Fact]
    public void Comparison_sees_a_difference()
    {
        Assert.True(Fits(JsonNode.Parse("""[{"t":"hello","resume":null}]"""), JsonNode.Parse("""[{"t":"hello","more":1}]""")));
        foreach (var (expected, decided) in new[] { ("""{"1":[{"t":"ack","a":1}]}""", """{"1":[{"t":"ack","a":2}]}"""), ("[1]", "[1,2]"), ("""{"1":4900}""", """{"1":4900,"2":1000}"""), ("2", """[{"type":"end"}]"""), ("null", "[1]") })
        {
            Assert.False(Fits(JsonNode.Parse(expected), JsonNode.Parse(decided)), expected);
        }
    }

    /// <summary>Of frames and items only the fields that stand there are compared; everything else is the same.</summary>
    private static bool Fits(JsonNode? expected, JsonNode? decided, bool isPart = false) => (expected, decided) switch
    {
        (null, null) => true,
        (JsonValue count, JsonArray items) when count.GetValueKind() == JsonValueKind.Number => count.GetValue<int>() == items.Count,
        (JsonArray some, JsonArray others) => some.Count == others.Count && some.Zip(others).All(static pair => Fits(pair.First, pair.Second, isPart: true)),
        (JsonObject one, JsonObject other) => (isPart || one.Count == other.Count) && one.All(field => Fits(field.Value, other[field.Key], isPart)),
        _ => JsonNode.DeepEquals(expected, decided),
    };
}
